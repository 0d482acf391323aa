import { EventBridgeClient, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";

const cloud = conformanceCloud();
/** How AWS's own engine compares case-insensitively: letter by letter, each with its upper and lower case. */
const PARSER =
  "https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/input/EqualsIgnoreCaseParser.java";

const ignoring = (text: string) => ({ "equals-ignore-case": text });

for (const [matcher, text, matches] of [
  [ignoring("ß"), "SS", true],
  [ignoring("ß"), "ss", false],
  [ignoring("ss"), "ß", false],
  [ignoring("İ"), "i\u0307", true],
  [ignoring("ı"), "I", true],
  [ignoring("I"), "ı", false],
  [ignoring("ὈΔΥΣΣΕΎΣ"), "ὀδυσσεύσ", true],
  [ignoring("ὈΔΥΣΣΕΎΣ"), "ὀδυσσεύς", false],
  [ignoring("K"), "\u212a", false],
  [ignoring("a😀Z"), "A😀z", true],
  [ignoring("abc"), "abcd", false],
  [ignoring(""), "", true],
  [{ prefix: ignoring("straß") }, "STRASSE", true],
  [{ prefix: ignoring("straß") }, "strasse", false],
  [{ suffix: ignoring("aß") }, "SPASS", true],
  [{ "anything-but": ignoring("ß") }, "SS", false],
  [{ "anything-but": ignoring("ß") }, "ss", true],
] as const)
  behaviour(`${JSON.stringify(matcher)} and ${JSON.stringify(text)}: ${matches}`, PARSER, async () => {
    const event = {
      id: "1",
      account: "111122223333",
      source: "shop",
      time: "2017-12-22T18:43:48Z",
      region: "us-east-1",
      resources: [],
      "detail-type": "order",
      detail: { text },
    };
    const command = new TestEventPatternCommand({
      EventPattern: JSON.stringify({ detail: { text: [matcher] } }),
      Event: JSON.stringify(event),
    });
    expect((await new EventBridgeClient(cloud.client()).send(command)).Result).toBe(matches);
  });
