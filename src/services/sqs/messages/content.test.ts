import { expect, test } from "vitest";
import type { Content } from "../store.ts";
import { decodeContent, encodeContent } from "./content.ts";

test.each<[string, Content]>([
  ["a body alone", { body: "x".repeat(10_000) }],
  ["text that is not ASCII", { body: "ü語🙂\n\t" }],
  [
    "attributes of both kinds, and a trace",
    {
      body: "b",
      attributes: {
        text: { type: "String.json", text: "{}" },
        bytes: { type: "Binary", bytes: Buffer.of(0, 255).toString("base64") },
      },
      trace: "Root=1-2",
    },
  ],
  [
    "a system attribute",
    { body: "b", systemAttributes: { AWSTraceHeader: { type: "String", text: "Root=1" } } },
  ],
])("a message content round-trips through its frame: %s", (_, content) => {
  expect(decodeContent(encodeContent(content))).toEqual(content);
});

test("a frame is hardly larger than its content", () => {
  expect(encodeContent({ body: "\n".repeat(1_048_576) }).length).toBeLessThan(1_048_576 + 100);
});
