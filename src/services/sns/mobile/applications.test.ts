import { expect, onTestFinished, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { sns } from "../service.ts";

test("deleting an application deletes any number of endpoints", async () => {
  const { aws, close } = await testCloud([sns]);
  onTestFinished(close);
  const { PlatformApplicationArn = "" } = await aws.sns.CreatePlatformApplication({
    Name: "app",
    Platform: "GCM",
    Attributes: { PlatformCredential: "secret" },
  });
  const arns: string[] = [];
  for (let n = 0; n <= 1_000; n++) {
    const made = await aws.sns.CreatePlatformEndpoint({ PlatformApplicationArn, Token: `token-${n}` });
    arns.push(made.EndpointArn!);
  }
  await aws.sns.DeletePlatformApplication({ PlatformApplicationArn });
  const EndpointArn = arns.sort().at(-1)!;
  await expect(aws.sns.GetEndpointAttributes({ EndpointArn })).rejects.toMatchObject({
    code: "NotFoundException",
  });
});
