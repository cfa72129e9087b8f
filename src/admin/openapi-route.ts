import { json, type Route } from './route.ts';

/** The description of all this, which is made when somebody asks for it first: few do. */
export const openapiRoute: Route = {
  method: 'GET',
  path: '/v1/openapi.json',
  answer: async () => json((await import('./openapi.ts')).describeApi()),
};
