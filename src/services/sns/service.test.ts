import { expect, test } from "vitest";
import { sns } from "./service.ts";

test("every operation says what it needs", () => {
  expect([...sns.access.keys()].sort()).toEqual([...sns.operations.keys()].sort());
});
