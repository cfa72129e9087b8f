/** The label by which apps (blue and green) are one in the load balancer. */
export const DEPLOYMENT_GROUP_LABEL = 'HAPROXY_DEPLOYMENT_GROUP';
