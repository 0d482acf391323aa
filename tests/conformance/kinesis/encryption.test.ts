import { StartStreamEncryptionCommand, StopStreamEncryptionCommand } from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, kinesisOf, refusal } from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

behaviour(
  "encryption with the AWS managed key is described and returned with records",
  api("StartStreamEncryption"),
  async () => {
    const { StreamName, described, put, read, iterator } = await stream();
    const key = { StreamName, EncryptionType: "KMS" as const, KeyId: "alias/aws/kinesis" };
    await put("plain");
    await send(new StartStreamEncryptionCommand(key));
    expect(await described()).toMatchObject({ EncryptionType: "KMS", KeyId: "alias/aws/kinesis" });
    expect((await put("secret")).EncryptionType).toBe("KMS");
    const { Records, texts } = await read(await iterator());
    expect(texts).toEqual(["plain", "secret"]);
    expect(Records!.map(({ EncryptionType }) => EncryptionType)).toEqual([undefined, "KMS"]);
    await send(new StopStreamEncryptionCommand(key));
    expect(await described()).toMatchObject({ EncryptionType: "NONE" });
    expect((await put("plain again")).EncryptionType).toBeUndefined();
  },
);

for (const Command of [StartStreamEncryptionCommand, StopStreamEncryptionCommand]) {
  const operation = Command.name.replace("Command", "");
  behaviour(`${operation} succeeds 25 times in 24 hours`, api(operation), async () => {
    const { StreamName } = await stream();
    const call = () => {
      const key = { StreamName, EncryptionType: "KMS" as const, KeyId: "alias/aws/kinesis" };
      return send(new Command(key) as StopStreamEncryptionCommand);
    };
    for (let n = 0; n < 25; n++) await call();
    await expect(call()).rejects.toMatchObject({ name: "LimitExceededException" });
    await cloud.advance(86_400_000);
    await call();
  });
}

behaviour("the encryption type NONE is refused", api("StartStreamEncryption"), async () => {
  const { StreamName } = await stream();
  const KeyId = "alias/aws/kinesis";
  await expect(
    send(new StartStreamEncryptionCommand({ StreamName, EncryptionType: "NONE", KeyId })),
  ).rejects.toMatchObject({ name: "InvalidArgumentException" });
});

for (const [KeyId, message] of [
  ["alias/mine", `Alias arn:aws:kms:us-east-1:${ACCOUNT}:alias/mine is not found.`],
  [`arn:aws:kms:us-west-2:${ACCOUNT}:key/1`, "Invalid arn us-west-2"],
  [`arn:aws:kms:us-east-1:${ACCOUNT}:key/1`, `Key 'arn:aws:kms:us-east-1:${ACCOUNT}:key/1' does not exist`],
] as const) {
  behaviour(
    `StartStreamEncryption refuses the missing key ${KeyId}`,
    api("StartStreamEncryption"),
    async () => {
      const { StreamName } = await stream();
      await expect(
        send(new StartStreamEncryptionCommand({ StreamName, EncryptionType: "KMS", KeyId })),
      ).rejects.toMatchObject(refusal("KMSNotFoundException", message));
    },
  );
}
