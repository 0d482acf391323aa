import { describe, expect, test } from "vitest";
import { loadContract } from "#aws/contract/contract.ts";
import type { ValidationDialect } from "#aws/contract/format.ts";
import type { Operation } from "#aws/contract/shapes.ts";
import { validate } from "./validate.ts";

const hello = loadContract("hello").operation("CreateGreeting")!;
const wrong = { Name: "", Text: "x" };

const inDialect = (validation: ValidationDialect): Operation => ({
  ...hello,
  contract: { ...hello.contract, validation },
});

function refusal(operation: Operation, input: object): unknown {
  try {
    validate(operation, input);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("what the contract says against an input", () => {
  test("is told as ValidationException, by older services in one sentence", () => {
    const error = refusal(hello, wrong);
    expect(error).toMatchObject({ code: "ValidationException", status: 400, members: {} });
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/^2 validation errors detected: Value '' at 'name'/),
    );
  });

  test("is told by services that Smithy generates with a list of fields besides", () => {
    expect(refusal(inDialect("smithy"), { Text: "x" })).toMatchObject({
      code: "ValidationException",
      message:
        "1 validation error detected. Value at '/Name' failed to satisfy constraint: Member must not be null",
      members: { fieldList: [{ path: "/Name", message: expect.stringContaining("must not be null") }] },
    });
  });

  test("is told as ValidationError in the query protocols", () => {
    const operation = loadContract("sts").operation("GetSessionToken")!;
    expect(refusal(operation, { DurationSeconds: 1 })).toMatchObject({
      code: "ValidationError",
      status: 400,
    });
  });

  test("is left to services that have words of their own", () => {
    expect(refusal(inDialect("none"), wrong)).toBeUndefined();
    expect(refusal(loadContract("s3").operation("GetObject")!, {})).toBeUndefined();
  });
});

test("an input that says nothing wrong passes, whatever else it holds", () => {
  expect(refusal(hello, { Name: "world", Text: "Hello", Language: undefined, Extra: 1 })).toBeUndefined();
});
