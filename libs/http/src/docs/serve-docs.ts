import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { loadSwagger } from './decorators.js';
import { errorPage } from './error-page.js';
import { complete } from './openapi.js';

/** Of Swagger UI, what the page loads. */
const ASSETS = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Glossa: REST</title>
<link rel="stylesheet" href="/docs/ui/swagger-ui.css">
<link rel="icon" href="/docs/ui/favicon-32x32.png">
<link rel="alternate" type="application/json" href="/docs/openapi.json">
<div id="ui"></div>
<script src="/docs/ui/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#ui', deepLinking: true })</script>
</html>
`;

/** The routes at /docs, the OpenAPI document at /docs/openapi.json and .yaml, the error catalogue at /docs/errors. */
export function serveDocs(app: NestFastifyApplication, version: string): void {
  const document = once(() => makeDocument(app, version));
  // As bytes: all that are under way share them.
  const json = once(async () => Buffer.from(JSON.stringify(await document())));
  const yaml = once(async () => {
    const { dump } = await import('js-yaml');
    return Buffer.from(dump(await document(), { skipInvalid: true, noRefs: true }));
  });
  const errors = errorPage();
  const html = 'text/html; charset=utf-8';
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/docs', (_request, reply) => reply.type(html).send(PAGE));
  fastify.get('/docs/errors', (_request, reply) => reply.type(html).send(errors));
  fastify.get('/docs/openapi.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(await json()),
  );
  fastify.get('/docs/openapi.yaml', async (_request, reply) =>
    reply.type('text/yaml; charset=utf-8').send(await yaml()),
  );
  void fastify.register(fastifyStatic, {
    root: dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')),
    prefix: '/docs/ui/',
    allowedPath: (path) => ASSETS.has(path),
    index: false,
    decorateReply: false,
  });
}

/** Makes something when it is first asked for; tries again when it failed. */
export function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function makeDocument(app: NestFastifyApplication, version: string): Promise<OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await loadSwagger();
  const config = new DocumentBuilder()
    .setTitle('Glossa')
    .setDescription('Semantic interoperability between devices and applications.')
    .setVersion(version)
    .addBearerAuth()
    .build();
  return complete(SwaggerModule.createDocument(app, config));
}
