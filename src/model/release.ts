/** A version of HAProxy, as far as the configuration and the runtime commands depend on it. */
export interface Release {
  readonly major: number;
  readonly minor: number;
}
