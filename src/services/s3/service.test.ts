import { expect, test } from "vitest";
import { s3 } from "./service.ts";

test("every operation says what IAM judges, and nothing else does", () => {
  expect([...s3.access.keys()].sort()).toEqual([...s3.operations.keys()].sort());
});

test("operations on data are there", () => {
  expect([...s3.dataOperations].filter((name) => !s3.operations.has(name))).toEqual([]);
});
