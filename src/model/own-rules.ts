import type { Overrides } from './service.ts';

/** The templates of the rules that lead from the shared frontends to a backend. */
const ROUTING = /^HAPROXY_(?:HTTPS?_FRONTEND_(?:ACL|ROUTING|AUTH)|BACKEND_REDIRECT)/;

/**
 * Whether an app's labels replace one of the templates that lead to its backend. What such rules match is not known here, so the app takes part in
 * no contest for a virtual host, and its hosts stay out of the map file.
 */
export function hasOwnRules(overrides: Overrides): boolean {
  return Object.keys(overrides).some((template) => ROUTING.test(template));
}
