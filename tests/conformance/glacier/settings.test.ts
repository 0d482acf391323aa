import {
  AbortVaultLockCommand,
  AddTagsToVaultCommand,
  CompleteVaultLockCommand,
  type DataRetrievalRule,
  DeleteArchiveCommand,
  DeleteVaultAccessPolicyCommand,
  DeleteVaultNotificationsCommand,
  GetDataRetrievalPolicyCommand,
  GetVaultAccessPolicyCommand,
  GetVaultLockCommand,
  GetVaultNotificationsCommand,
  InitiateVaultLockCommand,
  ListProvisionedCapacityCommand,
  PurchaseProvisionedCapacityCommand,
  SetDataRetrievalPolicyCommand,
  SetVaultAccessPolicyCommand,
  SetVaultNotificationsCommand,
} from "@aws-sdk/client-glacier";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { bytes, DAY, glacierOf, HOUR, MIB, page } from "./glacier.ts";

const cloud = conformanceCloud();
const { client, vault, upload, job } = glacierOf(cloud);
const arn = (name: string) => `arn:aws:glacier:us-east-1:000000000000:vaults/${name}`;
const invalid = { name: "InvalidParameterValueException", $metadata: { httpStatusCode: 400 } };
const missing = { name: "MissingParameterValueException", $metadata: { httpStatusCode: 400 } };
const denied = { name: "AccessDeniedException", $metadata: { httpStatusCode: 403 } };
const notFound = (message?: string) => ({
  name: "ResourceNotFoundException",
  ...(message !== undefined && { message }),
  $metadata: { httpStatusCode: 404 },
});
const SNSTopic = "arn:aws:sns:us-east-1:000000000000:mytopic";
const Events = ["ArchiveRetrievalCompleted", "InventoryRetrievalCompleted"];

// Notifications

behaviour(
  "SetVaultNotifications answers 204 and stores the configuration",
  page("api-vault-notifications-put"),
  async () => {
    const on = await vault();
    const vaultNotificationConfig = { SNSTopic, Events };
    const answer = await client().send(new SetVaultNotificationsCommand({ ...on, vaultNotificationConfig }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(await client().send(new GetVaultNotificationsCommand(on))).toMatchObject({
      vaultNotificationConfig,
    });
  },
);

behaviour(
  "a vault without a notification configuration answers 404",
  page("api-vault-notifications-get"),
  async () => {
    const on = await vault();
    await expect(client().send(new GetVaultNotificationsCommand(on))).rejects.toMatchObject(
      notFound(`No notification configuration is set for vault: ${arn(on.vaultName)}`),
    );
  },
);

behaviour("DeleteVaultNotifications is idempotent", page("api-vault-notifications-delete"), async () => {
  const on = await vault();
  await client().send(
    new SetVaultNotificationsCommand({ ...on, vaultNotificationConfig: { SNSTopic, Events } }),
  );
  for (let n = 0; n < 2; n++) {
    const answer = await client().send(new DeleteVaultNotificationsCommand(on));
    expect(answer.$metadata.httpStatusCode).toBe(204);
  }
  await expect(client().send(new GetVaultNotificationsCommand(on))).rejects.toMatchObject(notFound());
});

for (const [what, vaultNotificationConfig, expected] of [
  ["an unknown event", { SNSTopic, Events: ["VaultBurned"] }, invalid],
  ["no event", { SNSTopic, Events: [] }, missing],
  ["no topic", { Events }, missing],
  ["a topic that is not an ARN", { SNSTopic: "mytopic", Events }, invalid],
] as const) {
  behaviour(
    `a notification configuration with ${what} is refused`,
    page("api-vault-notifications-put"),
    async () => {
      const on = await vault();
      const config = { ...vaultNotificationConfig, Events: [...vaultNotificationConfig.Events] };
      await expect(
        client().send(new SetVaultNotificationsCommand({ ...on, vaultNotificationConfig: config })),
      ).rejects.toMatchObject(expected);
    },
  );
}

// Policies

const policy = (Effect: string, on: { vaultName: string }, more: object = {}) => ({
  Policy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "one",
        Effect,
        Principal: { AWS: "arn:aws:iam::000000000000:root" },
        Action: "glacier:DeleteArchive",
        Resource: arn(on.vaultName),
        ...more,
      },
    ],
  }),
});

behaviour(
  "GetVaultAccessPolicy returns the policy as it was set",
  page("api-SetVaultAccessPolicy"),
  async () => {
    const on = await vault();
    const set = await client().send(new SetVaultAccessPolicyCommand({ ...on, policy: policy("Allow", on) }));
    expect(set.$metadata.httpStatusCode).toBe(204);
    expect((await client().send(new GetVaultAccessPolicyCommand(on))).policy).toEqual(policy("Allow", on));
  },
);

behaviour("a vault without an access policy answers 404", page("api-GetVaultAccessPolicy"), async () => {
  const on = await vault();
  await expect(client().send(new GetVaultAccessPolicyCommand(on))).rejects.toMatchObject(
    notFound(`No vault access policy is set for: ${arn(on.vaultName)}`),
  );
});

behaviour("DeleteVaultAccessPolicy is idempotent", page("api-DeleteVaultAccessPolicy"), async () => {
  const on = await vault();
  await client().send(new SetVaultAccessPolicyCommand({ ...on, policy: policy("Allow", on) }));
  await client().send(new DeleteVaultAccessPolicyCommand(on));
  const again = await client().send(new DeleteVaultAccessPolicyCommand(on));
  expect(again.$metadata.httpStatusCode).toBe(204);
  await expect(client().send(new GetVaultAccessPolicyCommand(on))).rejects.toMatchObject(notFound());
});

for (const [what, Policy, expected] of [
  ["is not JSON", "{", invalid],
  ["has no statement", '{"Version":"2012-10-17"}', invalid],
  ["has a statement without an effect", '{"Statement":[{"Principal":"*","Action":"*"}]}', invalid],
  ["is more than 20 KB long", JSON.stringify({ Statement: "x".repeat(20_480) }), invalid],
  ["is missing", undefined, missing],
] as const) {
  behaviour(`a policy that ${what} is refused`, page("vault-access-policy"), async () => {
    const on = await vault();
    await expect(
      client().send(new SetVaultAccessPolicyCommand({ ...on, policy: { Policy } })),
    ).rejects.toMatchObject(expected);
    await expect(
      client().send(new InitiateVaultLockCommand({ ...on, policy: { Policy } })),
    ).rejects.toMatchObject(expected);
  });
}

// Locks

const lock = async (on: { vaultName: string }, effect = "Deny") => {
  const input = { accountId: "-", ...on, policy: policy(effect, on) };
  return client().send(new InitiateVaultLockCommand(input));
};
const lockAgain = async (on: { accountId: string; vaultName: string }, more: object) =>
  (await client().send(new InitiateVaultLockCommand({ ...on, policy: policy("Deny", on, more) }))).lockId!;
const lockOf = (on: { accountId: string; vaultName: string }) => client().send(new GetVaultLockCommand(on));

behaviour("InitiateVaultLock answers 201 with a lock ID", page("api-InitiateVaultLock"), async () => {
  const answer = await lock(await vault());
  expect(answer.$metadata.httpStatusCode).toBe(201);
  expect(answer.lockId).toMatch(/^[\w-]{24}$/);
});

behaviour("a lock in progress expires after 24 hours", page("vault-lock"), async () => {
  const on = await vault();
  await lock(on);
  const description = await lockOf(on);
  expect(description).toMatchObject({ State: "InProgress", Policy: policy("Deny", on).Policy });
  expect(Date.parse(description.ExpirationDate!) - Date.parse(description.CreationDate!)).toBe(DAY);
  await cloud.advance(DAY);
  await expect(lockOf(on)).rejects.toMatchObject(
    notFound(`No vault lock policy is set for: ${arn(on.vaultName)}`),
  );
  await lock(on);
});

behaviour(
  "InitiateVaultLock is refused while another lock is in progress",
  page("api-InitiateVaultLock"),
  async () => {
    const on = await vault();
    await lock(on);
    await expect(lock(on)).rejects.toMatchObject(denied);
    const answer = await client().send(new AbortVaultLockCommand(on));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    await lock(on);
  },
);

behaviour("AbortVaultLock is idempotent", page("api-AbortVaultLock"), async () => {
  const on = await vault();
  await lock(on);
  await client().send(new AbortVaultLockCommand(on));
  await client().send(new AbortVaultLockCommand(on));
  await expect(lockOf(on)).rejects.toMatchObject(notFound());
});

behaviour("CompleteVaultLock locks the vault, and is idempotent", page("api-CompleteVaultLock"), async () => {
  const on = await vault();
  const { lockId } = await lock(on);
  for (let n = 0; n < 2; n++) {
    const answer = await client().send(new CompleteVaultLockCommand({ ...on, lockId }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
  }
  const description = await lockOf(on);
  expect(description.State).toBe("Locked");
  expect(description.ExpirationDate).toBeUndefined();
  await cloud.advance(2 * DAY);
  expect((await lockOf(on)).State).toBe("Locked");
});

behaviour("a locked vault can neither be unlocked nor locked again", page("vault-lock"), async () => {
  const on = await vault();
  const { lockId } = await lock(on);
  await client().send(new CompleteVaultLockCommand({ ...on, lockId }));
  await expect(client().send(new AbortVaultLockCommand(on))).rejects.toMatchObject(denied);
  await expect(lock(on)).rejects.toMatchObject(denied);
});

behaviour(
  "a wrong lock ID is invalid while the lock is in progress, and denied afterwards",
  page("api-CompleteVaultLock"),
  async () => {
    const on = await vault();
    const { lockId } = await lock(on);
    const wrong = new CompleteVaultLockCommand({ ...on, lockId: "wrong" });
    await expect(client().send(wrong)).rejects.toMatchObject(invalid);
    await client().send(new CompleteVaultLockCommand({ ...on, lockId }));
    await expect(client().send(wrong)).rejects.toMatchObject(denied);
  },
);

behaviour("CompleteVaultLock requires a lock in progress", page("api-CompleteVaultLock"), async () => {
  const on = await vault();
  await expect(client().send(new CompleteVaultLockCommand({ ...on, lockId: "any" }))).rejects.toMatchObject(
    notFound(),
  );
});

behaviour("CompleteVaultLock fails after 24 hours", page("vault-lock"), async () => {
  const on = await vault();
  const { lockId } = await lock(on);
  await cloud.advance(DAY);
  await expect(client().send(new CompleteVaultLockCommand({ ...on, lockId }))).rejects.toMatchObject(
    notFound(),
  );
});

behaviour(
  "a lock policy applies to the root user as soon as the lock is initiated",
  page("vault-lock"),
  async () => {
    const on = await vault();
    const archiveId = await upload(on);
    const young = { Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "2" } }, Principal: "*" };
    await lockAgain(on, young);
    const remove = () => client().send(new DeleteArchiveCommand({ ...on, archiveId }));
    await expect(remove()).rejects.toMatchObject({
      ...denied,
      code: "AccessDeniedException",
      type: "Client",
    });
    await client().send(new AbortVaultLockCommand(on));
    const lockId = await lockAgain(on, young);
    await client().send(new CompleteVaultLockCommand({ ...on, lockId }));
    await cloud.advance(DAY);
    await expect(remove()).rejects.toMatchObject(denied);
    await cloud.advance(DAY);
    await remove();
  },
);

behaviour("a lock policy may depend on a tag of the vault", page("tagging"), async () => {
  const on = await vault();
  const archiveId = await upload(on);
  const held = { Condition: { StringEquals: { "glacier:ResourceTag/hold": "true" } }, Principal: "*" };
  await client().send(new AddTagsToVaultCommand({ ...on, Tags: { hold: "true" } }));
  await lockAgain(on, held);
  const remove = () => client().send(new DeleteArchiveCommand({ ...on, archiveId }));
  await expect(remove()).rejects.toMatchObject(denied);
  await client().send(new AddTagsToVaultCommand({ ...on, Tags: { hold: "false" } }));
  await remove();
});

behaviour(
  "an access policy grants another account the actions that it names",
  page("vault-access-policy"),
  async () => {
    const on = { ...(await vault()), accountId: "000000000000" };
    const otherAccount = client({ account: "111122223333" });
    const getNotifications = () => otherAccount.send(new GetVaultNotificationsCommand(on));
    await expect(getNotifications()).rejects.toMatchObject(denied);
    const more = {
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "glacier:GetVaultNotifications",
    };
    await client().send(new SetVaultAccessPolicyCommand({ ...on, policy: policy("Allow", on, more) }));
    await expect(getNotifications()).rejects.toMatchObject(notFound());
    await expect(otherAccount.send(new GetVaultLockCommand(on))).rejects.toMatchObject(denied);
  },
);

// Data retrieval

let accounts = 0;
/** The data retrieval policy is set per account and Region, so these tests use their own. */
const freshRegion = () => ({ account: `3000000000${`${++accounts}`.padStart(2, "0")}` });
const setRules = (options: { account: string }, Rules: DataRetrievalRule[]) =>
  client(options).send(new SetDataRetrievalPolicyCommand({ accountId: "-", Policy: { Rules } }));

behaviour(
  "retrievals are not limited without a data retrieval policy",
  page("data-retrieval-policy"),
  async () => {
    const answer = await client(freshRegion()).send(new GetDataRetrievalPolicyCommand({ accountId: "-" }));
    expect(answer.Policy).toEqual({ Rules: [{ Strategy: "None" }] });
  },
);

for (const rule of [
  { Strategy: "BytesPerHour", BytesPerHour: 10_737_418_240 },
  { Strategy: "FreeTier" },
  { Strategy: "None" },
]) {
  behaviour(
    `a data retrieval policy can be ${JSON.stringify(rule)}`,
    page("api-SetDataRetrievalPolicy"),
    async () => {
      const options = freshRegion();
      expect((await setRules(options, [rule])).$metadata.httpStatusCode).toBe(204);
      const answer = await client(options).send(new GetDataRetrievalPolicyCommand({ accountId: "-" }));
      expect(answer.Policy).toEqual({ Rules: [rule] });
    },
  );
}

for (const [what, rules, expected] of [
  ["no rule", [], invalid],
  ["two rules", [{ Strategy: "None" }, { Strategy: "FreeTier" }], invalid],
  ["an unknown strategy", [{ Strategy: "Everything" }], invalid],
  ["no strategy", [{ BytesPerHour: 1 }], missing],
  ["BytesPerHour without a rate", [{ Strategy: "BytesPerHour" }], missing],
  ["a rate of zero bytes", [{ Strategy: "BytesPerHour", BytesPerHour: 0 }], invalid],
  ["a rate with the strategy FreeTier", [{ Strategy: "FreeTier", BytesPerHour: 1 }], invalid],
] as const) {
  behaviour(
    `a data retrieval policy with ${what} is refused`,
    page("api-SetDataRetrievalPolicy"),
    async () => {
      await expect(setRules(freshRegion(), [...rules])).rejects.toMatchObject(expected);
    },
  );
}

const standard = (ArchiveId: string, Tier = "Standard") => ({ Type: "archive-retrieval", ArchiveId, Tier });
const enforced = {
  name: "PolicyEnforcedException",
  message: "InitiateJob request denied by current data retrieval policy.",
  $metadata: { httpStatusCode: 400 },
};

behaviour(
  "a BytesPerHour policy limits concurrent Standard retrievals",
  page("data-retrieval-policy"),
  async () => {
    const on = await vault();
    const archiveId = await upload(on, bytes(4 * MIB));
    await setRules({ account: "test" }, [{ Strategy: "BytesPerHour", BytesPerHour: 1.5 * MIB }]);
    await job(on, standard(archiveId));
    await expect(job(on, standard(archiveId))).rejects.toMatchObject(enforced);
    await job(on, standard(archiveId, "Expedited"));
    await job(on, standard(archiveId, "Bulk"));
    await cloud.advance(5 * HOUR);
    await job(on, standard(archiveId));
    await setRules({ account: "test" }, [{ Strategy: "None" }]);
    await job(on, standard(archiveId));
  },
);

// Provisioned capacity

behaviour(
  "PurchaseProvisionedCapacity answers 201, and a unit lasts one month",
  page("api-PurchaseProvisionedCapacity"),
  async () => {
    const options = freshRegion();
    const bought = await client(options).send(new PurchaseProvisionedCapacityCommand({ accountId: "-" }));
    expect(bought.$metadata.httpStatusCode).toBe(201);
    const { ProvisionedCapacityList: list } = await client(options).send(
      new ListProvisionedCapacityCommand({ accountId: "-" }),
    );
    expect(list).toHaveLength(1);
    const [unit] = list!;
    expect(unit!.CapacityId).toBe(bought.capacityId);
    const [start, end] = [new Date(unit!.StartDate!), new Date(unit!.ExpirationDate!)];
    expect((end.getUTCMonth() - start.getUTCMonth() + 12) % 12).toBe(1);
  },
);

behaviour(
  "an account has at most two units at the same time",
  page("api-PurchaseProvisionedCapacity"),
  async () => {
    const options = freshRegion();
    const buy = () => client(options).send(new PurchaseProvisionedCapacityCommand({ accountId: "-" }));
    await buy();
    await buy();
    await expect(buy()).rejects.toMatchObject({ name: "LimitExceededException" });
    await cloud.advance(32 * DAY);
    const { ProvisionedCapacityList: list } = await client(options).send(
      new ListProvisionedCapacityCommand({ accountId: "-" }),
    );
    expect(list).toEqual([]);
    await buy();
  },
);
