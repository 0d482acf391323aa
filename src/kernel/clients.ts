import type { Input, OperationId, Output, ServiceId } from "./service.ts";

/** Every service's operations, typed from the contract. A call passes the same hall as one from the wire. */
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
