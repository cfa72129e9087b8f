import type { Overrides } from './service.ts';

/** The templates of the rules by which the shared frontends choose a backend. */
const ROUTING = /^HAPROXY_(?:HTTPS?_FRONTEND_(?:ACL|ROUTING|AUTH)|BACKEND_REDIRECT)/;

/**
 * Whether an app's labels replace one of the templates by which the shared frontends choose its backend. We can't tell what the replaced rules
 * match, so the app does not compete with other apps for a virtual host, and its hosts are not put into the map file.
 */
export function hasOwnRules(overrides: Overrides): boolean {
  return Object.keys(overrides).some((template) => ROUTING.test(template));
}
