/** The label that names a deployment group: apps with the same value (blue and green) share one backend. */
export const DEPLOYMENT_GROUP_LABEL = 'HAPROXY_DEPLOYMENT_GROUP';

/**
 * The label with which the app of 0 instances that holds a deployment's lock names the app whose tasks are to drain, when a deployment is taken back.
 * Without it, the older app's tasks drain.
 */
export const DEPLOYMENT_LEAVING_LABEL = 'MARATHON_LB_DEPLOYMENT_LEAVING';
