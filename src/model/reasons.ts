import type { ReasonCode } from './document.ts';

/** A sentence for each reason to change HAProxy, told to the person who reads the log. docs/reasons.md has a row for each. */
export const REASON_SENTENCES = {
  'not-loaded': 'HAProxy does not run, or has not loaded a file of this load balancer yet',
  'by-hand': 'somebody asked for it, by SIGUSR1 for example, or the daemon ends',
  'backend-new': 'a port of an app is served for the first time',
  'backend-gone': 'a port of an app is not served any more',
  'backend-changed': 'a line of a backend other than its servers is different',
  'front-new': 'a frontend or user list is new',
  'front-gone': 'a frontend or user list is gone',
  'front-changed': 'a line of a frontend, of a user list or of the head is different',
  'server-added': 'a task serves that did not before',
  'server-gone': 'a task does not serve any more',
  'server-changed': "a server's line is different: its weight, its check or another option",
  'server-ready': 'the check of a server has passed, or its task serves again',
  'server-draining': 'a task is being killed, or is replaced by a newer one: it gets no new clients',
  'server-deleted': 'a server that is in maintenance is taken out of HAProxy',
  'map-changed': 'a row of a map file is different: a virtual host or an app id leads to another backend, or a limit is other',
  'certificate-changed': 'a file of certificates holds another certificate, an error page is different, or the list of files is',
  'certificate-added': 'a certificate is new in a folder or in the list of certificates',
  'certificate-gone': 'a certificate is no longer in a folder or in the list of certificates',
  'spare-taken': 'a spare backend serves a new port, until a reload gives the port a backend of its own',
  'spare-free': 'the port that a spare backend served is gone, and so are its last servers',
  'name-resolved': 'the host name of a server that had no address resolves now; HAProxy resolves it only when it reads its file',
  refused: 'HAProxy did not take a command, so only a reload makes sure of what it runs',
} as const satisfies Record<ReasonCode, string>;
