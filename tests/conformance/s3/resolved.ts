import { Agent } from "node:http";
import type { ConformanceCloud } from "../cloud.ts";

/** Clients put account IDs and access points into the host name, which the local resolver does not know. */
export function resolved(cloud: ConformanceCloud) {
  const httpAgent = new Agent({
    lookup: (_, { all }, found) =>
      all
        ? found(null, [{ address: "127.0.0.1", family: 4 }])
        : (found as (e: null, a: string, f: number) => void)(null, "127.0.0.1", 4),
  });
  return { requestHandler: { httpAgent }, endpoint: cloud.endpoint.replace("127.0.0.1", "localhost") };
}
