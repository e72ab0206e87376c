import { Controller, Get, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GlossaError, problem } from '#model';
import { OntologyHub, type Unit } from '#semantics';
import { ApiOperation, ApiQuery, ApiTags } from '../docs/decorators.js';
import { Public } from '../auth/requires.js';
import { HttpProblem } from '../problem/status.js';
import { Answers, AnswersList } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, pageOf, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';
import { unitJson } from './translate.js';

/** Units of measure, from QUDT. */
@ApiTags('vocabulary')
@Controller('api/units')
export class UnitsController {
  constructor(
    private readonly hub: OntologyHub,
    private readonly base: BaseUrl,
  ) {}

  @Get()
  @Public()
  @ApiQuery({
    name: 'compatibleWith',
    type: String,
    required: false,
    description: 'A unit as written: those it converts to',
  })
  @AnswersList('Unit')
  @ApiOperation({ summary: 'Units, by id' })
  list(@Query() query: RawQuery, @Req() request: FastifyRequest): ListPage<object> {
    const { parameters, limit, cursor } = listParameters(request, query, ['compatibleWith']);
    const text = parameters.text('compatibleWith');
    parameters.check();
    const units =
      text === undefined
        ? [...this.hub.units.all()]
        : this.hub.units.compatibleWith(this.#resolve(text, 'compatibleWith', 400));
    const sorted = [...units].sort((a, b) => (a.id < b.id ? -1 : 1));
    const { items, next } = pageOf(sorted, ({ id }) => id, { limit, cursor });
    return listPage(items.map(unitJson), next, request, query, this.base);
  }

  @Get('resolve')
  @Public()
  @ApiQuery({
    name: 'unit',
    type: String,
    description: 'A QUDT IRI, CURIE or name, a UCUM code, or a symbol as people write it',
  })
  @ApiQuery({
    name: 'property',
    type: String,
    required: false,
    description: 'What is measured: spellings resolve within its kind',
  })
  @Answers('Unit')
  @ApiOperation({ summary: 'The unit that a spelling means' })
  resolve(@Query() query: RawQuery): object {
    const parameters = new Parameters(query, ['unit', 'property']);
    const unit = parameters.required('unit');
    const property = parameters.text('property');
    parameters.check();
    return unitJson(this.#resolve(unit, 'unit', 404, property));
  }

  /** @param unknown status for a spelling that no unit has */
  #resolve(text: string, parameter: string, unknown: number, property?: string): Unit {
    const known = property === undefined ? undefined : this.hub.property(property);
    if (property !== undefined && !known) {
      const message = `there is no observable property ${property}`;
      throw new GlossaError('property-unknown', message, [problem('property', 'property-unknown', message)]);
    }
    const context = known
      ? { kind: known.kind, ...(known.unit !== undefined && { unit: known.unit }) }
      : undefined;
    const resolved = this.hub.units.resolve(text, context);
    if ('unit' in resolved) {
      const canonical = known?.unit === undefined ? undefined : this.hub.units.get(known.unit);
      const clash = canonical && this.hub.units.compatible(resolved.unit, canonical, known?.kind);
      if (clash)
        throw new GlossaError('unit-incompatible', clash.message, [
          problem(parameter, 'unit-incompatible', clash.message, clash.hint),
        ]);
      return resolved.unit;
    }
    const { code, message, hint } = resolved;
    throw new HttpProblem(
      code === 'unit-unknown' ? unknown : 400,
      new GlossaError(code, message, [problem(parameter, code, message, hint)]),
    );
  }
}
