import { expect, test } from "vitest";
import { s3 } from "./service.ts";

test("every operation declares its IAM action", () => {
  expect([...s3.access.keys()].sort()).toEqual([...s3.operations.keys()].sort());
});

test("the data operations are registered", () => {
  expect([...s3.dataOperations].filter((name) => !s3.operations.has(name))).toEqual([]);
});
