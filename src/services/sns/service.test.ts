import { expect, onTestFinished, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { sns } from "./service.ts";

test("every operation declares its IAM action", () => {
  expect([...sns.access.keys()].sort()).toEqual([...sns.operations.keys()].sort());
});

test.each(["constructor", "toString", "__proto__"])(
  "%s is not an attribute, though every JavaScript object has it",
  async (name) => {
    const { aws, close } = await testCloud([sns]);
    onTestFinished(close);
    const attributes = Object.fromEntries([[name, "x"]]);
    const refused = { code: "InvalidParameterException" };
    await expect(aws.sns.SetSMSAttributes({ attributes })).rejects.toMatchObject(refused);
    await expect(aws.sns.GetSMSAttributes({ attributes: [name] })).rejects.toMatchObject(refused);
    await expect(aws.sns.CreateTopic({ Name: "topic", Attributes: attributes })).rejects.toMatchObject(
      refused,
    );
  },
);
