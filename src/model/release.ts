/** A version of HAProxy, as far as the configuration and the runtime commands depend on it. */
export interface Release {
  readonly major: number;
  readonly minor: number;
  /** True when it was built without the Prometheus exporter, as far as that is known. */
  readonly lacksExporter?: true;
  /** True when it was built with QUIC, as far as that is known. */
  readonly hasQuic?: true;
}
