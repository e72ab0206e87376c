import { paths } from '#model';
import { BASE, VARIANTS } from '../../../../test/fixtures/observation-samples.js';
import { graphOf, graphOfJson } from '../../../../test/fixtures/rdf-graphs.js';
import { ObservationRenderer } from '../render/observation-renderer.js';
import { documentToRdf } from './document-to-rdf.js';

const renderer = new ObservationRenderer(BASE);

describe('documentToRdf', () => {
  it.each(VARIANTS.filter((_, i) => i % 3 === 0).map((record, i) => [i, record] as const))(
    'writes variant %i as one graph in both syntaxes',
    async (_, record) => {
      const document = renderer.object(record);
      const graph = await graphOfJson(document);
      expect(await graphOf(await documentToRdf(document, 'n-quads', BASE), 'N-Quads')).toBe(graph);
      expect(await graphOf(await documentToRdf(document, 'turtle', BASE), 'Turtle')).toBe(graph);
    },
  );

  it('abbreviates in Turtle', async () => {
    const text = await documentToRdf(renderer.object(VARIANTS[0]!), 'turtle', BASE);
    expect(text).toContain('a sosa:Observation');
    expect(text).toContain('unit:DEG_C');
  });

  it('refuses what it would lose', async () => {
    const lost = { '@context': BASE + paths.context, id: `${BASE}/x`, temperature: 21 };
    await expect(documentToRdf(lost, 'turtle', BASE)).rejects.toThrow();
  });

  it("loads nobody else's context", async () => {
    const foreign = { '@context': 'https://schema.org/', '@id': `${BASE}/x`, name: 'x' };
    await expect(documentToRdf(foreign, 'n-quads', BASE)).rejects.toThrow();
  });
});
