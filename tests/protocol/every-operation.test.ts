import { describe, expect, test } from "vitest";
import { violations } from "#aws/contract/constraints.ts";
import { loadContract, serviceNames } from "#aws/contract/contract.ts";
import { AwsError } from "#aws/errors.ts";
import { protocol } from "#aws/protocols/index.ts";

const meta = { requestId: "request-id", hostId: "host-id" };

/** Codecs are compiled on first use. This uses every operation of every service once in each of its protocols. */
describe("every operation's codecs and constraints compile", () => {
  test.each(serviceNames())("%s", (service) => {
    const contract = loadContract(service);
    for (const name of contract.operationNames) {
      const operation = contract.operation(name)!;
      violations(operation.input, {}, "coral");
      violations(operation.input, {}, "smithy");
      for (const { decode, encode, encodeError } of contract.protocols.map(protocol)) {
        const request = {
          method: operation.method,
          query: [],
          headers: {},
          labels: {},
          body: new Uint8Array(),
        };
        const { payload } = operation.input;
        if (service === "s3" && payload?.required && !payload.streaming) {
          expect(() => decode(operation, request), name).toThrow("Request Body is empty");
        } else expect(decode(operation, request), name).toBeTypeOf("object");
        expect(encode(operation, {}, meta).status, name).toBeLessThan(300);
        for (const code of operation.errors) {
          expect(
            encodeError(operation, new AwsError(code, "message"), meta).status,
            code,
          ).toBeGreaterThanOrEqual(300);
        }
      }
    }
  });
});
