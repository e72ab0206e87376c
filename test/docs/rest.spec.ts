import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { HttpModule } from '../../libs/http/src/index.js';
import { statusOf } from '../../libs/http/src/problem/status.js';
import { ERRORS, type ErrorCode } from '../../libs/model/src/index.js';
import { TestGateway } from '../flow/support/gateway.js';
import { documents, readDocument } from './documents.js';
import { plain } from './markdown.js';

const { tables } = readDocument('docs/rest.md');
const rowsOf = (...head: string[]) =>
  tables
    .filter(([first]) => head.every((name, i) => first?.[i] === name))
    .flatMap((table) => table.slice(1))
    .map((cells) => cells.map((cell) => plain(cell).replaceAll('\\', '')));

describe('the table of routes', () => {
  const routes = new Map(
    rowsOf('Route', 'Permission').map(([route = '', permission]) => [route, permission]),
  );

  it('has every route of the OpenAPI document and no other', async () => {
    const gateway = await TestGateway.start();
    const { body } = await gateway.rest().get('/docs/openapi.json');
    await gateway.stop();
    const paths = Object.entries(body.paths as Record<string, Record<string, unknown>>);
    const served = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...routes.keys()].sort()).toEqual(served.sort());
  }, 60_000);

  it('names the permission that each route declares', () => {
    expect(Object.fromEntries(routes)).toEqual(declaredPermissions());
  });
});

describe('the catalogue of errors', () => {
  const answers = rowsOf('Code', 'Status', 'Meaning');
  const parts = rowsOf('Code', 'Meaning', 'Way out');
  const titles = (code: string) => Object.values(ERRORS[code as ErrorCode]).map(plain);

  it('has every code once', () => {
    expect([...answers, ...parts].map(([code]) => code).sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it('says what the code says', () => {
    for (const [code = '', status, ...text] of answers)
      expect([code, status, ...text]).toEqual([code, String(statusOf(code as ErrorCode)), ...titles(code)]);
    for (const [code = '', ...text] of parts) expect([code, ...text]).toEqual([code, ...titles(code)]);
  });

  it('is the only one: no document names a code that is not there', () => {
    // Words in code style that look like a code: several parts, and used as one.
    const codes = /`((?:payload|expression|value|unit|topic|device|feature|each|property)-[a-z-]+)`/g;
    for (const file of documents())
      for (const [, code = ''] of readDocument(file).prose.matchAll(codes))
        expect([file, Object.keys(ERRORS)]).toEqual([file, expect.arrayContaining([code])]);
  });
});

/** `GET /api/x/{id}` -> permission, as the controllers declare it. */
function declaredPermissions(): Record<string, string> {
  const methods = ['GET', 'POST', 'PUT', 'DELETE'];
  const declared: Record<string, string> = {};
  for (const controller of HttpModule.over([], '').controllers as Type[]) {
    const handlers = controller.prototype as Record<string, object>;
    for (const name of Object.getOwnPropertyNames(handlers)) {
      const handler = handlers[name]!;
      const method = Reflect.getMetadata('method', handler) as number | undefined;
      if (method === undefined) continue;
      const parts = [controller, handler].map((one) => Reflect.getMetadata('path', one) as string);
      const path = parts.filter((part) => part !== '/').join('/');
      const route = `/${path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}')}`;
      const permission = Reflect.getMetadata('glossa:permission', handler) as string;
      declared[`${methods[method]!} ${route}`] = permission === 'public' ? 'none' : permission;
    }
  }
  return declared;
}
