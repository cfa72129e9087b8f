/** The label that names a deployment group: apps with the same value (blue and green) share one backend. */
export const DEPLOYMENT_GROUP_LABEL = 'HAPROXY_DEPLOYMENT_GROUP';
