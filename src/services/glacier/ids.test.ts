import { expect, test } from "vitest";
import { random } from "#lib/random.ts";
import { newId } from "./ids.ts";

test("an ID never begins with a hyphen", () => {
  const chance = random(1);
  for (let i = 0; i < 1_000; i++) expect(newId(chance, "job")).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{91}$/);
});
