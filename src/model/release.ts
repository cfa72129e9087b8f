/** A HAProxy version, as far as the text of a configuration and the runtime commands depend on it. */
export interface Release {
  readonly major: number;
  readonly minor: number;
}
