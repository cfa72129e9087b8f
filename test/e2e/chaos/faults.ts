import { APP_FAULTS } from './faults-apps.ts';
import { MACHINE_FAULTS } from './faults-haproxy.ts';
import { MARATHON_FAULTS } from './faults-marathon.ts';
import { RELOAD_FAULTS } from './faults-reload.ts';
import type { Fault } from './trial.ts';

/** All of them, in the order of the table. */
export const FAULTS: readonly Fault[] = [...MARATHON_FAULTS, ...MACHINE_FAULTS, ...RELOAD_FAULTS, ...APP_FAULTS];
