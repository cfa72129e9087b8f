import { json, type AdminRoute } from './route.ts';

/** Serves the OpenAPI description, which is made at the first request for it. */
export const openapiRoute: AdminRoute = {
  method: 'GET',
  path: '/v1/openapi.json',
  answer: async () => json((await import('./openapi.ts')).describeApi()),
};
