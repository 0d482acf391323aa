import type { Input, OperationId, Output, ServiceId } from "../service.ts";

/** A typed client for each service. Its calls pass the same hall as calls from the wire. */
export type Clients = {
  readonly [S in ServiceId]: {
    readonly [O in OperationId<S>]: (input: Input<S, O>) => Promise<Output<S, O>>;
  };
};

export function clients(
  call: (service: string, operation: string, input: object) => Promise<object>,
): Clients {
  const service = (id: string) =>
    new Proxy({}, { get: (_, operation) => (input: object) => call(id, String(operation), input) });
  return new Proxy({}, { get: (_, id) => service(String(id)) }) as Clients;
}
