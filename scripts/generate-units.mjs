/**
 * Writes ontologies/units/qudt-units.json, the compact unit table, from QUDT as published in the npm packages
 * @vocabulary/unit and @vocabulary/quantitykind (dev dependencies). Run: node scripts/generate-units.mjs
 * (with --check it writes nothing and fails where the file is not what it would write).
 *
 * Three things are added to QUDT's data, each listed below with its reason and recorded in the table:
 * corrections of multipliers, the `sort` that tells apart units of one dimension, and the coherent unit of a kind.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Parser } from 'n3';

const OUTPUT = new URL('../ontologies/units/qudt-units.json', import.meta.url);
const QUDT = 'http://qudt.org/';

// ---------------------------------------------------------------------------------------------------------------
// Corrections. `is` is an exact expression of rational numbers; 0 takes the linear conversion away.

const PI = '3.14159265358979323846264338327950288419716939937510';
const LN2 = '0.69314718055994530941723212145817656807550013436026';
const NIST = 'NIST SP 811 (2008), appendix B';
const INTERNATIONAL = 'international yard and pound agreement (1959)';

/** id -> [exact value, source]: base units that QUDT rounds, or states wrongly. */
const MULTIPLIERS = {
  DEG_F: ['5/9', `${NIST}: t/°C = (t/°F - 32)/1.8`],
  DEG_R: ['5/9', `${NIST}: T/K = (T/°R)/1.8`],
  DEG: [`${PI}/180`, 'SI Brochure (9th ed.), table 8'],
  ARCMIN: [`${PI}/10800`, 'SI Brochure (9th ed.), table 8'],
  MIN_Angle: [`${PI}/10800`, 'SI Brochure (9th ed.), table 8'],
  ARCSEC: [`${PI}/648000`, 'SI Brochure (9th ed.), table 8'],
  MilliARCSEC: [`${PI}/648000000`, 'SI Brochure (9th ed.), table 8'],
  GON: [`${PI}/200`, NIST],
  GRAD: [`${PI}/200`, NIST],
  REV: [`2*${PI}`, `${NIST}: one revolution is 2π rad`],
  MIL: [
    '0',
    'QUDT gives 2π/12800; mil is 2π/6400, 2π/6000 or 0.001 rad: it means too many angles to convert',
  ],
  IN_HG: ['25.4*133.322387415', `${NIST}: conventional inch of mercury`],
  FT_HG: ['304.8*133.322387415', `${NIST}: conventional foot of mercury`],
  CentiM_HG: ['10*133.322387415', `${NIST}: conventional millimetre of mercury`],
  TORR: ['101325/760', `${NIST}: 1 atm = 760 Torr`],
  MilliTORR: ['101.325/760', `${NIST}: 1 atm = 760 Torr`],
  MicroTORR: ['0.101325/760', `${NIST}: 1 atm = 760 Torr`],
  IN_H2O: [
    '25.4*9.80665',
    `${NIST}: conventional inch of water; QUDT's 249.080024 contradicts its own CentiM_H2O`,
  ],
  M_H2O: ['1000*9.80665', '1000 kg/m³ and standard gravity (CGPM 1901); QUDT gives none'],
  FT_H2O: ['304.8*9.80665', `${NIST}: conventional foot of water`],
  LB_F: ['0.45359237*9.80665', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  KiloLB_F: ['453.59237*9.80665', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  MegaLB_F: ['453592.37*9.80665', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  KIP_F: ['453.59237*9.80665', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  OZ_F: ['0.45359237*9.80665/16', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  PSI: ['0.45359237*9.80665/0.0254/0.0254', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  MegaPSI: ['453592.37*9.80665/0.0254/0.0254', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  SLUG: ['0.45359237*9.80665/0.3048', `${INTERNATIONAL}, standard gravity (CGPM 1901)`],
  HP: ['550*0.3048*0.45359237*9.80665', `${NIST}: 550 ft·lbf/s`],
  HP_Metric: ['75*9.80665', `${NIST}: 75 kgf·m/s`],
  HP_Brake: ['0', "QUDT gives the boiler horsepower's 9809.5 W"],
  TON_FG: ['12000*1055.05585262/3600', `${NIST}: 12,000 Btu(IT)/h`],
  BTU_MEAN: ['1055.87', NIST],
  GAL_US: ['231*0.0254*0.0254*0.0254', `${NIST}: 231 in³`],
  GAL_US_DRY: ['268.8025*0.0254*0.0254*0.0254', `${NIST}: 268.8025 in³`],
  BBL_US: ['9702*0.0254*0.0254*0.0254', `${NIST}: 42 US gallons`],
  BBL_US_PET: ['9702*0.0254*0.0254*0.0254', `${NIST}: 42 US gallons`],
  BU_US: ['2150.42*0.0254*0.0254*0.0254', `${NIST}: 2150.42 in³`],
  BU_US_DRY: ['2150.42*0.0254*0.0254*0.0254', `${NIST}: 2150.42 in³`],
  PK_US_DRY: ['537.605*0.0254*0.0254*0.0254', `${NIST}: a quarter bushel`],
  PINT_US_DRY: ['33.6003125*0.0254*0.0254*0.0254', `${NIST}: 1/64 bushel`],
  CUP: ['14.4375*0.0254*0.0254*0.0254', `${NIST}: 1/16 US gallon`],
  CUP_US: ['14.4375*0.0254*0.0254*0.0254', `${NIST}: 1/16 US gallon`],
  GI_US: ['7.21875*0.0254*0.0254*0.0254', `${NIST}: 1/32 US gallon`],
  OZ_VOL_US: ['1.8046875*0.0254*0.0254*0.0254', `${NIST}: 1/128 US gallon`],
  TBSP: ['0.90234375*0.0254*0.0254*0.0254', `${NIST}: half a US fluid ounce`],
  TSP: ['0.30078125*0.0254*0.0254*0.0254', `${NIST}: a sixth of a US fluid ounce`],
  GI_UK: ['0.00454609/32', 'UK Weights and Measures Act 1985: 1/32 gallon'],
  CORD: ['128*0.3048*0.3048*0.3048', `${NIST}: 128 ft³`],
  FBM: ['0.3048*0.3048*0.0254', `${NIST}: 1 ft² by 1 in`],
  FT_US: ['1200/3937', `${NIST}: US survey foot`],
  MI_US: ['5280*1200/3937', `${NIST}: 5280 US survey feet`],
  CWT_LONG: ['112*0.45359237', INTERNATIONAL],
  Hundredweight_UK: ['112*0.45359237', INTERNATIONAL],
  DENIER: ['1/9000000', `${NIST}: 1 g for 9000 m; QUDT rounds to two digits`],
  Denier: ['1/9000000', `${NIST}: 1 g for 9000 m; QUDT rounds to two digits`],
  PCA: ['0.0254/6', 'a sixth of an inch'],
  PT_BIG: ['0.0254/72', '1/72 inch'],
  PT: ['0', 'QUDT gives 1/1000 inch; a point is about 1/72 inch, and no one of its definitions is meant'],
  GAUGE_FR: ['1/3000', '1/3 mm'],
  AU: ['149597870700', 'IAU 2012 resolution B2'],
  PARSEC: [`648000*149597870700/${PI}`, 'IAU 2015 resolution B2'],
  FC: ['1/0.3048/0.3048', `${NIST}: 1 lm/ft²`],
  OERSTED: [`1000/4/${PI}`, NIST],
  GI: [`10/4/${PI}`, NIST],
  PebiBIT: [`1125899906842624*${LN2}`, 'IEC 80000-13: 2^50 bit'],
  PebiBYTE: [`9007199254740992*${LN2}`, 'IEC 80000-13: 2^50 byte'],
  ExbiBIT: [`1152921504606846976*${LN2}`, 'IEC 80000-13: 2^60 bit'],
  ExbiBYTE: [`9223372036854775808*${LN2}`, 'IEC 80000-13: 2^60 byte'],
  MO: ['0', 'QUDT gives the synodic month; the month of a calendar has no fixed length'],
};

/** Units whose published multiplier contradicts their own factor units: the factors are right. */
const FACTORS_ARE_RIGHT = {
  'the published value leaves out litre to cubic metre': /^(Pico|Nano|Micro|Milli)KAT-PER-L$/,
  'the published value counts bits, all others of QUDT count nats':
    /^(Tebi|Pebi|Exbi)BIT-PER-M[23]?$|^ExaBIT-PER-SEC$/,
};

/** id -> [replacement, reason] where QUDT's own replacement is wrong. */
const REPLACEMENTS = { 'GigaV-A': ['GigaVA', 'QUDT replaces gigavoltampere by gigavolt'] };

/** Symbols as the standards write them; the multiplier and meaning are QUDT's. */
const SYMBOLS = {
  VAR: 'var',
  KiloVAR: 'kvar',
  MegaVAR: 'Mvar',
  'VAR-HR': 'var·h',
  'KiloVAR-HR': 'kvar·h',
  PPM: 'ppm',
  PPB: 'ppb',
  DeciB_M: 'dBm',
  UNITLESS: '1',
  'BEAT-PER-MIN': 'bpm',
  'BREATH-PER-MIN': 'breaths/min',
  IN_HG: 'inHg',
  GAL_US: 'gal (US)',
  GAL_UK: 'gal (UK)',
  OZ_VOL_US: 'fl oz (US)',
  OZ_VOL_UK: 'fl oz (UK)',
};

// ---------------------------------------------------------------------------------------------------------------
// Sorts. Units convert into each other when they share the sort. Units of one dimension fall into sorts by the
// quantity kinds that they share in QUDT; the rules below state a sort where those kinds say too little or too much.
// `ratio` is a fraction of anything and goes with every `ratio/...`.

const DIMENSIONLESS = 'A0E0L0I0M0H0T0D1';
const POWER = 'A0E0L2I0M1H0T-3D0';
const ENERGY = 'A0E0L2I0M1H0T-2D0';
const PER_TIME = 'A0E0L0I0M0H0T-1D0';
const DOSE = 'A0E0L2I0M0H0T-2D0';
const DOSE_RATE = 'A0E0L2I0M0H0T-3D0';

/** Scales of levels, which no factor converts. */
const LOGARITHMIC = /^(Deci)?B(_|-|$)|^(NP|OCT|DECADE|PH|PHON|SON|RichterMagnitude)(-|$)/;

/** [dimension or null, id pattern, sort]; the first that fits decides. `=` keeps a unit to itself. */
const UNIT_SORTS = [
  [null, LOGARITHMIC, '='],
  [
    DIMENSIONLESS,
    /^(MIL|2PiRAD)$|^(DEG|RAD|REV|GON|GRAD|ARCMIN|ARCSEC|MIN_Angle)$|^M(icro|illi)(RAD|ARCSEC)$/,
    'angle',
  ],
  [DIMENSIONLESS, /^(SR|DEG2)$/, 'solid angle'],
  [
    DIMENSIONLESS,
    /^(UNITLESS|FRACTION|ONE|ONE-PER-ONE|PERCENT|PPTH|PPTM|PPM|PPB|PPT|PPQ|PERCENT-PER-PERCENT)$/,
    'ratio',
  ],
  [DIMENSIONLESS, /^PERCENT_RH$/, 'ratio/humidity'],
  [DIMENSIONLESS, /^(PPT_VOL|PPTR_VOL)$/, 'ratio/volume'],
  [DIMENSIONLESS, /^\w*GM-PER-\w*GM$|^LB-PER-LB$/, 'ratio/mass'],
  [DIMENSIONLESS, /^\w*MOL-PER-\w*MOL$/, 'ratio/amount'],
  [DIMENSIONLESS, /^\w*(M3|L)-PER-\w*(M3|L)$/, 'ratio/volume'],
  [DIMENSIONLESS, /^\w*(PA|BAR)-PER-BAR$|^PSI-PER-PSI$/, 'ratio/pressure'],
  [DIMENSIONLESS, /^(\w*K|DEG_[CF])-PER-K$/, 'ratio/temperature'],
  [DIMENSIONLESS, /^\w*V-PER-V$/, 'ratio/voltage'],
  [DIMENSIONLESS, /^\w*M-PER-M$/, 'ratio/length'],
  [DIMENSIONLESS, /^M2-PER-(HA|M2)$/, 'ratio/area'],
  [DIMENSIONLESS, /^HR-PER-YR$/, 'ratio/time'],
  [DIMENSIONLESS, /^NUM$/, 'count'],
  [DIMENSIONLESS, /(BIT|BYTE|^OCTET)$/, 'information'],
  [DIMENSIONLESS, /^(NAT|BAN|HART|SHANNON)$/, 'information entropy'],
  [DIMENSIONLESS, /^\w*BAUD$/, 'symbol rate'],
  [DIMENSIONLESS, /^CD-PER-\w*LM$/, 'luminous intensity distribution'],
  [DIMENSIONLESS, /./, '='],
  // Hertz is not becquerel, nor a speed of rotation (1 Hz is 2π rad/s), nor a count rate or a heart rate.
  [PER_TIME, /^\w*HZ$|^PER-\w+$|^CYC-PER-SEC$/, 'frequency'],
  [PER_TIME, /^\w*(BQ|CI|Ci)$/, 'activity'],
  [PER_TIME, /^(REV|RAD|DEG)-PER-\w+$/, 'rotation'],
  [PER_TIME, /^NUM-PER-\w+$/, 'count rate'],
  [PER_TIME, /(BIT|BYTE)-PER-SEC$/, 'information rate'],
  [PER_TIME, /FLOPS$/, 'computing speed'],
  [PER_TIME, /^(PERCENT|PPTH)-PER-\w+$/, 'ratio rate'],
  [PER_TIME, /^\w*GM-PER-\w*GM-\w+$/, 'mass ratio rate'],
  [PER_TIME, /^\w*MOL-PER-\w*MOL-\w+$/, 'amount ratio rate'],
  [PER_TIME, /./, '='],
  // Torque is not energy; apparent, reactive and active power are three quantities, and so are their energies.
  [ENERGY, /VAR-HR$|V-A_Reactive-HR$/, 'reactive energy'],
  [ENERGY, /VA-HR$|V-A-HR$/, 'apparent energy'],
  [ENERGY, /-PER-\w+$/, null],
  [ENERGY, /^FT-(LB_F|PDL)$/, 'energy'],
  [ENERGY, /(N|DYN|_F|PDL)-\w*(M|FT|IN)$|^IN-PDL$|^(LB_F|PDL)-(FT|IN)$/, 'torque'],
  [ENERGY, /./, 'energy'],
  [POWER, /VAR$|V-A_Reactive$/, 'reactive power'],
  [POWER, /VA$|V-A$/, 'apparent power'],
  [POWER, /-PER-SR$/, 'radiant intensity'],
  [POWER, /./, 'power'],
  // Sievert weighs by harm, gray does not, and neither is the heat content of a fuel.
  [DOSE, /SV$|^REM$|R_man$/, 'dose equivalent'],
  [DOSE, /GRAY$|RAD_R$/, 'absorbed dose'],
  [DOSE, /HZ/, '='],
  [DOSE, /./, 'specific energy'],
  [DOSE_RATE, /(SV|REM)-PER-/, 'dose equivalent rate'],
  [DOSE_RATE, /(GRAY|RAD_R)-PER-/, 'absorbed dose rate'],
  [DOSE_RATE, /HZ/, '='],
  [DOSE_RATE, /./, 'specific power'],
  // QUDT files lumen per area under luminance; it is illuminance.
  ['A0E0L-2I1M0H0T0D0', /^(LM-PER-|LUX|FC$|PHOT$)/, 'illuminance'],
  ['A0E0L-2I1M0H0T0D0', /./, 'luminance'],
  ['A0E0L0I1M0H0T0D0', /LM$/, 'luminous flux'],
  ['A0E0L0I1M0H0T0D0', /./, 'luminous intensity'],
  // Ratios of unlike units that come out as a time, a length, an area or a mass flow.
  ['A0E0L0I0M0H0T1D0', /-PER-/, '='],
  ['A0E0L0I0M0H0T1D0', /./, 'time'],
  ['A0E0L1I0M0H0T0D0', /^(BTU|N-M|IN-PER|M-PER)/, '='],
  ['A0E0L1I0M0H0T0D0', /^M[23]-PER-/, '='],
  ['A0E0L1I0M0H0T0D0', /./, 'length'],
  ['A0E0L2I0M0H0T0D0', /DARCY$/, 'permeability'],
  ['A0E0L2I0M0H0T0D0', /SR/, '='],
  ['A0E0L2I0M0H0T0D0', /./, 'area'],
  ['A0E0L3I0M0H0T0D0', /./, 'volume'],
  ['A0E0L0I0M1H0T-1D0', /SEC-PER-|^MOHM$/, 'mechanical impedance'],
  ['A0E0L0I0M1H0T-1D0', /./, 'mass flow'],
  ['A0E0L1I0M0H0T-1D0', /^\w*M-PER-|^(FT|IN|YD|MI|MI_N)-PER-|^(KN|BFT)$/, 'speed'],
  ['A0E0L1I0M0H0T-1D0', /^\w*L-PER-\w+-\w*M2|^M3-PER-|^MilliL-PER-|^FT3-PER-/, 'volume flux'],
  ['A0E0L1I0M0H0T-1D0', /./, '='],
  ['A0E0L1I0M0H0T-2D0', /./, 'acceleration'],
  ['A0E0L0I0M0H1T0D0', /./, 'temperature'],
  ['A0E0L-1I0M1H0T-2D0', /^(BTU|ERG|J-PER|MegaJ|W-HR)/, 'energy density'],
  ['A0E0L-1I0M1H0T-2D0', /./, 'pressure'],
  ['A0E0L0I0M1H0T-2D0', /^FT-LB_F-PER-/, 'energy per area'],
  [
    'A0E0L0I0M1H0T-2D0',
    /^(PA-M|KiloGM-PER-SEC2)$|N-\w*M-PER-\w*M2$|(N|DYN|_F|PDL)-PER-\w+$/,
    'force per length',
  ],
  ['A0E0L0I0M1H0T-2D0', /./, 'energy per area'],
  ['A0E0L0I0M1H0T-3D0', /SR$/, 'radiance'],
  ['A0E0L0I0M1H0T-3D0', /^PA-/, '='],
  ['A0E0L0I0M1H0T-3D0', /./, 'irradiance'],
  ['A0E1L0I0M0H0T0D0', /^(AT|GI|OERSTED-CentiM)$/, 'magnetomotive force'],
  ['A0E1L0I0M0H0T0D0', /RAD/, '='],
  ['A0E1L0I0M0H0T0D0', /./, 'electric current'],
  ['A0E1L0I0M0H0T1D0', /./, 'electric charge'],
  ['A0E-1L0I0M1H0T-2D0', /./, 'magnetic flux density'],
  ['A0E-2L2I0M1H0T-3D0', /./, 'resistance'],
  ['A0E2L-2I0M-1H0T3D0', /^PERCENT/, '='],
  ['A0E2L-2I0M-1H0T3D0', /./, 'conductance'],
  ['A0E2L-3I0M-1H0T3D0', /./, 'conductivity'],
  ['A0E0L-3I0M0H0T0D0', /BIT/, 'information density'],
  ['A0E0L-3I0M0H0T0D0', /^BQ/, '='],
  ['A0E0L-3I0M0H0T0D0', /./, 'number density'],
  ['A0E0L-3I0M0H0T-1D0', /BQ/, 'activity concentration'],
  ['A0E0L-3I0M1H0T0D0', /^DEGREE/, '='],
  ['A0E0L-3I0M1H0T0D0', /./, 'mass density'],
  ['A1E0L-3I0M0H0T0D0', /^IU/, '='],
  ['A1E0L-3I0M0H0T0D0', /./, 'amount concentration'],
  ['A1E0L0I0M0H0T0D0', /^(IU|\w*OSM)$/, '='],
  ['A1E0L0I0M-1H0T0D0', /^(IU|\w*OSM)-/, '='],
  ['A1E0L0I0M0H0T-1D0', /KAT$|^ENZ$/, 'catalytic activity'],
  ['A1E0L0I0M0H0T-1D0', /./, 'molar flow'],
  ['A0E0L0I0M0H0T-2D0', /^PER-/, '='],
  ['A0E0L-1I0M0H0T0D0', /^(RAD|DEG)-PER-/, 'angular wavenumber'],
  ['A0E0L-1I0M0H0T0D0', /^(DPI|MESH|M-PER-\w+|NUM-PER-M)$/, '='],
  ['A0E1L0I0M-1H0T1D0', /HZ|SEC$/, '='],
  ['A0E1L0I0M-1H0T1D0', /./, 'charge per mass'],
  ['A0E0L-2I0M1H0T-1D0', /SEC-PER-\w*M3$|^RAYL$/, 'acoustic impedance'],
  ['A0E0L-2I0M1H0T-1D0', /^GM_/, '='],
  ['A0E0L-2I0M1H0T-1D0', /./, 'mass flux'],
  ['A0E0L-1I0M1H0T-3D0', /W-PER-.*-SR$/, 'spectral radiance'],
  ['A0E0L-1I0M1H0T-3D0', /W-PER-\w*M2-/, 'spectral irradiance'],
  ['A0E0L-1I0M1H0T-3D0', /W-PER-M3$/, '='],
  ['A0E0L-2I0M1H0T-2D0', /(PA|BAR|ATM|ATM_T|TORR|PSI)-PER-/, 'pressure gradient'],
  ['A0E0L-1I0M1H-1T-2D0', /(BAR|PA)-PER-|^LB_F-/, 'pressure per temperature'],
  ['A0E0L2I0M1H-1T-2D0', /./, 'heat capacity'],
  ['A0E0L2I0M0H-1T-2D0', /./, 'specific heat capacity'],
  ['A0E0L-1I0M1H0T0D0', /./, 'mass per length'],
  ['A1E0L-2I0M0H0T-1D0', /^\w*MOL-PER-M2-(SEC|MIN|HR|DAY)$/, 'molar flux'],
  ['A0E0L-2I0M1H0T-2D0', /^\w*N-PER-M3$|_F-PER-\w+3$/, 'force per volume'],
  ['A0E0L1I0M1H0T-2D0', /N$|DYN$|_F(_US)?$|POND$|^PDL$|^PlanckForce$|^KiloGM-M-PER-SEC2$/, 'force'],
];

/** Kinds whose sort their units do not tell. */
const KIND_SORTS = {
  Dimensionless: 'ratio',
  DimensionlessRatio: 'ratio',
  RelativeHumidity: 'ratio/humidity',
  MoleFraction: 'ratio/amount',
  AmountOfSubstanceFraction: 'ratio/amount',
  MassFraction: 'ratio/mass',
  VolumeFraction: 'ratio/volume',
  Count: 'count',
  Frequency: 'frequency',
  InverseTime: 'frequency',
  RotationalFrequency: 'rotation',
  RotationalVelocity: 'rotation',
  Energy: 'energy',
  Work: 'energy',
  Torque: 'torque',
  MomentOfForce: 'torque',
  Power: 'power',
  ActivePower: 'power',
  ElectricPower: 'power',
  ComplexPower: 'apparent power',
  ApparentPower: 'apparent power',
  NonActivePower: 'apparent power',
  SpecificEnergy: 'specific energy',
  AbsorbedDose: 'absorbed dose',
  DoseEquivalent: 'dose equivalent',
  AbsorbedDoseRate: 'absorbed dose rate',
  DoseEquivalentRate: 'dose equivalent rate',
  Activity: 'activity',
  Radioactivity: 'activity',
  DatasetOfBytes: 'information',
  InformationEntropy: 'information entropy',
  CountRate: 'count rate',
  DecayConstant: 'frequency',
  BitRate: 'information rate',
  BitTransmissionRate: 'information rate',
  DataTransmissionRate: 'information rate',
  InformationFlowRate: 'information rate',
  BitDataVolume: 'information',
  ByteDataVolume: 'information',
  SpecificPower: 'specific power',
  MassicPower: 'specific power',
  ElectricalPowerToMassRatio: 'specific power',
  CoefficientOfPerformance: 'ratio',
  FrictionCoefficient: 'ratio',
  IonTransportNumber: 'ratio',
  ReynoldsNumber: 'ratio',
  'Landau-GinzburgNumber': 'ratio',
};

/** The unit of a kind that has no coherent SI unit, or where several would do. */
const KIND_UNITS = {
  SoundPressureLevel: 'DeciB',
  SoundPowerLevel: 'DeciB',
  SoundExposureLevel: 'DeciB',
  SoundReductionIndex: 'DeciB',
  Acidity: 'PH',
  Basicity: 'PH',
  Turbidity: 'NTU',
  AmountOfCloudCover: 'OKTA',
  CelsiusTemperature: 'DEG_C',
  FahrenheitTemperature: 'DEG_F',
  RankineTemperature: 'DEG_R',
  InverseTime: 'PER-SEC',
  DecayConstant: 'PER-SEC',
};

/** The coherent unit of a sort where several have multiplier 1. */
const SORT_UNITS = {
  angle: 'RAD',
  'solid angle': 'SR',
  ratio: 'UNITLESS',
  count: 'NUM',
  frequency: 'HZ',
  activity: 'BQ',
  rotation: 'RAD-PER-SEC',
  'count rate': 'NUM-PER-SEC',
  information: 'BIT',
  'information rate': 'BIT-PER-SEC',
  energy: 'J',
  torque: 'N-M',
  power: 'W',
  'apparent power': 'VA',
  'reactive power': 'VAR',
  'apparent energy': 'VA-HR',
  'reactive energy': 'VAR-HR',
  'absorbed dose': 'GRAY',
  'dose equivalent': 'SV',
  'specific energy': 'J-PER-KiloGM',
  illuminance: 'LUX',
  'amount concentration': 'MOL-PER-M3',
  conductance: 'S',
  conductivity: 'S-PER-M',
  pressure: 'PA',
  acceleration: 'M-PER-SEC2',
  'mass density': 'KiloGM-PER-M3',
  'magnetic flux density': 'T',
  temperature: 'K',
  'number density': 'PER-M3',
  'force per length': 'N-PER-M',
  'energy per area': 'J-PER-M2',
  'energy density': 'J-PER-M3',
  'electric charge': 'C',
  'mass flow': 'KiloGM-PER-SEC',
  luminance: 'CD-PER-M2',
  'specific power': 'W-PER-KiloGM',
  'charge per mass': 'C-PER-KiloGM',
  'catalytic activity': 'KAT',
  'molar flow': 'MOL-PER-SEC',
  'pressure gradient': 'PA-PER-M',
  'pressure per temperature': 'PA-PER-K',
  'heat capacity': 'J-PER-K',
  'specific heat capacity': 'J-PER-KiloGM-K',
  'mass flux': 'KiloGM-PER-M2-SEC',
  'molar flux': 'MOL-PER-M2-SEC',
  'force per volume': 'N-PER-M3',
};

// ---------------------------------------------------------------------------------------------------------------
// Reading

/** Subject -> predicate -> objects of one N-Quads file; English or untagged labels only. */
function read(file) {
  const subjects = new Map();
  const local = (iri) => iri.replace(/^http:\/\/qudt\.org\/(vocab|schema)\/\w+\//, '').replace(/^.*[/#]/, '');
  for (const { subject, predicate, object } of new Parser({ format: 'N-Quads' }).parse(
    readFileSync(file, 'utf8'),
  )) {
    if (object.language && !/^en(-|$)/.test(object.language)) continue;
    const name = subject.termType === 'BlankNode' ? `_:${subject.value}` : subject.value;
    const properties = subjects.get(name) ?? subjects.set(name, {}).get(name);
    const value =
      object.termType === 'NamedNode'
        ? local(object.value)
        : object.termType === 'BlankNode'
          ? `_:${object.value}`
          : object.value;
    (properties[local(predicate.value)] ??= []).push(
      object.language === 'en' ? { text: value, english: true } : { text: value },
    );
  }
  return subjects;
}

const require = createRequire(import.meta.url);
const dataOf = (name) => read(require.resolve(`@vocabulary/${name}`).replace(/index\.js$/, `${name}.nq`));
const unitGraph = dataOf('unit');
const kindGraph = dataOf('quantitykind');

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const texts = (thing, property) => (thing[property] ?? []).map(({ text }) => text);
const first = (thing, property) => texts(thing, property).sort(compare)[0];
/** The `en` label before `en-us`, then alphabetical. */
const labelOf = (thing, id) => {
  const labels = [...(thing.label ?? [])].sort(
    (a, b) => Number(b.english ?? false) - Number(a.english ?? false) || compare(a.text, b.text),
  );
  return labels[0]?.text ?? id;
};
const dimensionOf = (thing) => first(thing, 'hasDimensionVector');

function thingsOf(graph, namespace, type) {
  const things = new Map();
  for (const iri of [...graph.keys()].sort(compare)) {
    if (!iri.startsWith(namespace)) continue;
    const thing = graph.get(iri);
    if (!texts(thing, 'type').includes(type) || !/^A-?\d/.test(dimensionOf(thing) ?? '')) continue;
    things.set(iri.slice(namespace.length), thing);
  }
  return things;
}

const units = thingsOf(unitGraph, `${QUDT}vocab/unit/`, 'Unit');
const kinds = thingsOf(kindGraph, `${QUDT}vocab/quantitykind/`, 'QuantityKind');
units.delete('UNKNOWN');

// ---------------------------------------------------------------------------------------------------------------
// Exact multipliers: rational numbers, so that a product of factors carries no rounding of its own.

const gcd = (a, b) => (b === 0n ? a : gcd(b, a % b));
const rational = (n, d) => {
  const divisor = gcd(n, d) || 1n;
  return { n: n / divisor, d: d / divisor };
};
const decimal = (text) => {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(
    text.trim(),
  );
  const power = Number(exponent) - fraction.length;
  const n = BigInt(sign + whole + fraction);
  return power >= 0 ? rational(n * 10n ** BigInt(power), 1n) : rational(n, 10n ** BigInt(-power));
};
const times = (a, b) => rational(a.n * b.n, a.d * b.d);
const over = (a, b) => rational(a.n * b.d, a.d * b.n);
const raised = (a, e) =>
  e < 0 ? over({ n: 1n, d: 1n }, raised(a, -e)) : rational(a.n ** BigInt(e), a.d ** BigInt(e));
/** Evaluates `a*b/c`, left to right. */
const evaluate = (expression) => {
  const [head, ...rest] = expression.split(/(?=[*/])/);
  return rest.reduce(
    (value, part) => (part[0] === '*' ? times : over)(value, decimal(part.slice(1))),
    decimal(head),
  );
};
/** At least 20 significant digits, plain decimal or with exponent, as JSON takes it. */
const write = ({ n, d }) => {
  if (n === 0n) return '0';
  let exponent = n.toString().length - d.toString().length;
  const shift = 21 - exponent;
  const scaled = shift >= 0 ? (n * 10n ** BigInt(shift)) / d : n / (d * 10n ** BigInt(-shift));
  const digits = scaled.toString().slice(0, 21);
  exponent = scaled.toString().length - 1 - shift;
  // Round half up at the 20th digit; a terminating decimal keeps its digits.
  const rounded = ((BigInt(digits) + 5n) / 10n).toString();
  const trimmed = rounded.slice(0, 20).replace(/0+$/, '') || '0';
  if (rounded.length > 20) exponent += 1;
  if (exponent >= 0 && exponent < 21) {
    const whole = trimmed.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    const fraction = trimmed.slice(exponent + 1);
    return fraction ? `${whole}.${fraction}` : whole;
  }
  if (exponent < 0 && exponent > -7) return `0.${'0'.repeat(-exponent - 1)}${trimmed}`;
  return `${trimmed[0]}${trimmed.length > 1 ? `.${trimmed.slice(1)}` : ''}e${exponent}`;
};

const factorsOf = (unit) =>
  texts(unit, 'hasFactorUnit').map((node) => {
    const factor = unitGraph.get(node);
    return { id: first(factor, 'hasUnit'), exponent: Number(first(factor, 'exponent')) };
  });

const corrections = [];
const multipliers = new Map();

/** The multiplier of a unit as { text, value }, or undefined where it has none. */
function multiplierOf(id, path = []) {
  if (multipliers.has(id)) return multipliers.get(id);
  const unit = units.get(id);
  const published = unit && first(unit, 'conversionMultiplier');
  const value = published === undefined ? undefined : decimal(published);
  let result = value && value.n !== 0n ? { text: digitsOf(published), value } : undefined;
  const note = (exact, why) => {
    const is = exact ? write(exact) : '0';
    corrections.push([id, published ?? null, exact ? is : null, why]);
    result = exact ? { text: is, value: exact } : undefined;
  };
  if (unit && Object.hasOwn(MULTIPLIERS, id)) {
    const [expression, source] = MULTIPLIERS[id];
    note(expression === '0' ? undefined : evaluate(expression), source);
  } else if (unit && !path.includes(id)) {
    const product = productOf(unit, id, [...path, id]);
    if (product === 'none' && result) note(undefined, 'a factor unit has no fixed multiplier');
    else if (product && product !== 'none') {
      const wrong = Object.entries(FACTORS_ARE_RIGHT).find(([, pattern]) => pattern.test(id));
      const difference = result ? Math.abs(toNumber(over(product, result.value)) - 1) : Infinity;
      if (!result) {
        if (published === undefined)
          note(product, 'QUDT gives no multiplier: the product of its factor units');
      } else if (wrong) note(product, wrong[0]);
      else if (difference > 1e-3)
        throw new Error(`${id}: QUDT says ${published}, its factors ${write(product)}: decide by hand`);
      else if (difference > 1e-13) note(product, 'QUDT rounds: the product of its factor units');
    }
  }
  multipliers.set(id, result);
  return result;
}

/** The exact product of a unit's factors; `none` where a factor was taken its multiplier, undefined where unknown. */
function productOf(unit, id, path) {
  const factors = factorsOf(unit);
  if (factors.length === 0 || factors.some((factor) => factor.id === id)) return undefined;
  let product = decimal(first(unit, 'factorUnitScalar') ?? '1');
  for (const { id: factor, exponent } of factors) {
    if (path.includes(factor)) return undefined;
    const multiplier = multiplierOf(factor, path);
    if (!multiplier) return Object.hasOwn(MULTIPLIERS, factor) ? 'none' : undefined;
    if (!Number.isInteger(exponent)) return undefined;
    product = times(product, raised(multiplier.value, exponent));
  }
  return product;
}

const toNumber = (value) => Number(write(value));
/** QUDT's own digits, without a trailing `.0`, as a JSON number. */
function digitsOf(text) {
  const plain = text.trim().replace(/\.0*$/, '');
  return plain.length > 24 && /^0\.0{6,}/.test(plain)
    ? `${Number(plain) === 0 ? '0' : plain.replace(/^0\.(0*)(\d)(\d*)$/, (_, zeros, lead, rest) => `${lead}${rest ? `.${rest}` : ''}e-${zeros.length + 1}`)}`
    : plain;
}

for (const id of units.keys()) multiplierOf(id);

// ---------------------------------------------------------------------------------------------------------------
// Sorts and kinds

const replacementOf = (id) => {
  if (Object.hasOwn(REPLACEMENTS, id)) return REPLACEMENTS[id][0];
  const replacement = first(units.get(id), 'isReplacedBy');
  return replacement && units.has(replacement) ? replacement : undefined;
};
const isDeprecated = (id) => first(units.get(id), 'deprecated') === 'true';
for (const [id, [is, why]] of Object.entries(REPLACEMENTS)) {
  corrections.push([id, first(units.get(id), 'isReplacedBy'), is, why]);
}

/** The kinds of a unit: its own and those that list it as applicable, of its dimension. */
const kindsOf = new Map();
for (const [id, unit] of units) kindsOf.set(id, new Set(texts(unit, 'hasQuantityKind')));
for (const [id, kind] of kinds) for (const unit of texts(kind, 'applicableUnit')) kindsOf.get(unit)?.add(id);
for (const [id, own] of kindsOf) {
  for (const kind of own) {
    if (!kinds.has(kind) || dimensionOf(kinds.get(kind)) !== dimensionOf(units.get(id))) own.delete(kind);
  }
}

const related = (id) =>
  [...texts(kinds.get(id), 'exactMatch'), ...texts(kinds.get(id), 'broader')].filter(
    (other) => kinds.has(other) && dimensionOf(kinds.get(other)) === dimensionOf(kinds.get(id)),
  );

/** Kinds that belong together: exact matches, broader ones, and those that share a unit. Named by the first. */
const parent = new Map();
const root = (x) => (parent.has(x) && parent.get(x) !== x ? root(parent.get(x)) : x);
const join = (a, b) => {
  const [low, high] = [root(a), root(b)].sort(compare);
  parent.set(high, low);
};
for (const id of kinds.keys()) for (const other of related(id)) join(id, other);

/** The member of a group of kinds that most units name; the shortest of several. */
const names = new Map();
function nameOf(kind) {
  const group = root(kind);
  if (!names.has(group)) {
    const members = [...kinds.keys()].filter((id) => root(id) === group);
    const uses = (id) => free.filter((unit) => kindsOf.get(unit).has(id)).length;
    names.set(group, members.sort((a, b) => uses(b) - uses(a) || a.length - b.length || compare(a, b))[0]);
  }
  return names.get(group);
}

const sorts = new Map();
const ruleOf = (id) => {
  const dimension = dimensionOf(units.get(id));
  return UNIT_SORTS.find(
    ([vector, pattern]) => (vector === null || vector === dimension) && pattern.test(id),
  );
};
const free = [...units.keys()].filter((id) => !replacementOf(id) && !ruleOf(id)?.[2]);
for (const id of free) {
  const [head, ...rest] = kindsOf.get(id);
  for (const kind of rest) join(head, kind);
}
/** Units that QUDT files under no kind convert where SI prefixes alone tell them apart: `~GM-PER-K`. */
const PREFIX =
  /^(Yotta|Zetta|Exa|Peta|Tera|Giga|Mega|Kilo|Hecto|Deca|Deci|Centi|Milli|Micro|Nano|Pico|Femto|Atto|Zepto|Yocto)(?=[A-Z])/;
const shapeOf = (id) =>
  `~${id
    .split('-')
    .map((part) => part.replace(PREFIX, ''))
    .join('-')}`;

for (const id of units.keys()) {
  const target = replacementOf(id) ?? id;
  const sort = ruleOf(target)?.[2];
  const [kind] = kindsOf.get(target);
  if (sort === '=') sorts.set(id, `=${target}`);
  else sorts.set(id, sort ?? (kind ? nameOf(kind) : shapeOf(target)));
}

const kindSorts = new Map();
function kindSortOf(id, path = []) {
  if (Object.hasOwn(KIND_SORTS, id)) return KIND_SORTS[id];
  if (kindSorts.has(id)) return kindSorts.get(id);
  const counts = new Map();
  for (const [unit, own] of kindsOf) {
    if (own.has(id) && !isDeprecated(unit))
      counts.set(sorts.get(unit), (counts.get(sorts.get(unit)) ?? 0) + 1);
  }
  let sort = [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]))[0]?.[0];
  if (sort?.startsWith('=') && counts.size > 1) sort = undefined;
  for (const other of related(id)) {
    if (sort === undefined && !path.includes(other)) sort = kindSortOf(other, [...path, id]);
  }
  kindSorts.set(id, sort);
  return sort;
}

/** The coherent SI unit of a kind: multiplier 1 and no offset within its sort; the shortest name of several. */
function coherentOf(id) {
  if (Object.hasOwn(KIND_UNITS, id)) return KIND_UNITS[id];
  const sort = kindSortOf(id);
  if (sort === undefined) return undefined;
  if (sort.startsWith('=')) return sort.slice(1);
  const named = SORT_UNITS[sort.split('/')[0]];
  if (named && dimensionOf(units.get(named)) === dimensionOf(kinds.get(id))) return named;
  const candidates = [...units.keys()].filter(
    (unit) =>
      sorts.get(unit) === sort &&
      !isDeprecated(unit) &&
      dimensionOf(units.get(unit)) === dimensionOf(kinds.get(id)) &&
      multipliers.get(unit)?.text === '1' &&
      !Number(first(units.get(unit), 'conversionOffset') ?? 0),
  );
  const own = candidates.filter((unit) => kindsOf.get(unit).has(id));
  const coherent = (own.length > 0 ? own : candidates).filter((unit) =>
    texts(units.get(unit), 'applicableSystem').includes('SI'),
  );
  const pool = coherent.length > 0 ? coherent : own.length > 0 ? own : candidates;
  const hertz = (unit) => Number(/HZ/.test(unit));
  return pool.sort((a, b) => hertz(a) - hertz(b) || a.length - b.length || compare(a, b))[0];
}

// ---------------------------------------------------------------------------------------------------------------
// Writing: one row a line, so that a new QUDT release reads as a diff.

const dimensions = [...new Set([...units.values(), ...kinds.values()].map(dimensionOf))].sort(compare);
const sets = new Map();
const setOf = (id) => {
  const own = [...units.keys()].filter((unit) => kindsOf.get(unit).has(id)).join(' ');
  return own === '' ? -1 : (sets.get(own) ?? sets.set(own, sets.size).get(own));
};
const json = JSON.stringify;
/** A cell that is written as it stands: digits that a JavaScript number would lose. */
const number = (text) => ({ text });
const row = (cells) => {
  const last = cells.findLastIndex((cell) => cell !== null && cell !== undefined);
  return `[${cells
    .slice(0, last + 1)
    .map((cell) => (cell?.text !== undefined ? cell.text : json(cell ?? null)))
    .join(',')}]`;
};

const unitRows = [...units].map(([id, unit]) => {
  const offset = first(unit, 'conversionOffset');
  const symbol = SYMBOLS[id] ?? texts(unit, 'symbol').sort((a, b) => a.length - b.length || compare(a, b))[0];
  return row([
    id,
    labelOf(unit, id),
    symbol,
    texts(unit, 'ucumCode').sort(compare),
    number(multipliers.get(id)?.text ?? '0'),
    number(offset && Number(offset) !== 0 ? digitsOf(offset) : '0'),
    dimensions.indexOf(dimensionOf(unit)),
    sorts.get(id),
    isDeprecated(id) ? (replacementOf(id) ?? '') : null,
  ]);
});
const kindRows = [...kinds].map(([id, kind]) =>
  row([
    id,
    labelOf(kind, id),
    dimensions.indexOf(dimensionOf(kind)),
    texts(kind, 'broader')
      .filter((other) => kinds.has(other))
      .sort(compare),
    texts(kind, 'exactMatch')
      .filter((other) => kinds.has(other))
      .sort(compare),
    setOf(id),
    kindSortOf(id),
    coherentOf(id),
  ]),
);
const lines = (rows) => `[\n${rows.join(',\n')}\n]`;

const table = `{
"title": "Units and quantity kinds of QUDT, compact",
"source": "QUDT 3.1.0 vocabularies unit and quantitykind, https://qudt.org/3.1.0/vocab/unit and https://qudt.org/3.1.0/vocab/quantitykind",
"license": "https://creativecommons.org/licenses/by/4.0/",
"attribution": "QUDT (qudt.org), licensed under CC BY 4.0. Changed: reduced to the columns below; sorts and coherent units added; the values under corrections and a few symbols replaced.",
"generator": "scripts/generate-units.mjs",
"conversion": "base = (value + offset) * multiplier; multiplier 0 means that no linear conversion exists",
"unitColumns": ["id", "label", "symbol", "ucum", "multiplier", "offset", "dimension (index)", "sort", "deprecated: the replacement's id or an empty string"],
"kindColumns": ["id", "label", "dimension (index)", "broader", "exactMatch", "units (index into unitSets, or -1)", "sort", "coherent unit"],
"correctionColumns": ["unit", "QUDT", "here (null: no linear conversion)", "reason"],
"dimensions": ${json(dimensions)},
"logarithmic": ${json([...units.keys()].filter((id) => LOGARITHMIC.test(id)))},
"unitSets": ${lines([...sets.keys()].map((set) => json(set)))},
"units": ${lines(unitRows)},
"kinds": ${lines(kindRows)},
"corrections": ${lines(corrections.sort((a, b) => compare(a[0], b[0])).map((cells) => json(cells)))}
}
`;
if (process.argv.includes('--check')) {
  if (readFileSync(OUTPUT, 'utf8') !== table) {
    console.error('ontologies/units/qudt-units.json is not what scripts/generate-units.mjs makes: run it');
    process.exitCode = 1;
  }
} else writeFileSync(OUTPUT, table);
console.log(
  `${units.size} units, ${kinds.size} quantity kinds, ${sets.size} unit sets, ${corrections.length} corrections`,
);
