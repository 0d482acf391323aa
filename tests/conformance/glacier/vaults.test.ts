import {
  AddTagsToVaultCommand,
  CreateVaultCommand,
  DeleteArchiveCommand,
  DeleteVaultCommand,
  DescribeVaultCommand,
  ListJobsCommand,
  ListTagsForVaultCommand,
  ListVaultsCommand,
  RemoveTagsFromVaultCommand,
} from "@aws-sdk/client-glacier";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { signedExchange } from "../wire.ts";
import { bytes, DAY, glacierOf, HOUR, page } from "./glacier.ts";

const cloud = conformanceCloud();
const { client, vault, upload, job } = glacierOf(cloud);
const arn = (name: string) => `arn:aws:glacier:us-east-1:000000000000:vaults/${name}`;

behaviour("CreateVault answers 201 with the vault's path", page("api-vault-put"), async () => {
  const answer = await client().send(new CreateVaultCommand({ accountId: "-", vaultName: "examplevault" }));
  expect(answer.location).toBe("/000000000000/vaults/examplevault");
  expect(answer.$metadata.httpStatusCode).toBe(201);
});

behaviour(
  "CreateVault of an existing vault succeeds and changes nothing",
  page("api-vault-put"),
  async () => {
    const on = await vault();
    const tags = { Tags: { kept: "yes" } };
    await client().send(new AddTagsToVaultCommand({ ...on, ...tags }));
    await client().send(new CreateVaultCommand(on));
    expect(await client().send(new ListTagsForVaultCommand(on))).toMatchObject(tags);
  },
);

behaviour("a vault name is unique per Region", page("working-with-vaults"), async () => {
  const on = await vault();
  const elsewhere = client({ region: "eu-west-1" });
  await expect(elsewhere.send(new DescribeVaultCommand(on))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  await elsewhere.send(new CreateVaultCommand(on));
  const { VaultARN } = await elsewhere.send(new DescribeVaultCommand(on));
  expect(VaultARN).toBe(`arn:aws:glacier:eu-west-1:000000000000:vaults/${on.vaultName}`);
});

for (const name of ["a", "A_b-c.9", "x".repeat(255)]) {
  behaviour(`CreateVault accepts a name like ${name.slice(0, 9)}`, page("api-vault-put"), async () => {
    const on = { accountId: "-", vaultName: name };
    await client().send(new CreateVaultCommand(on));
    expect((await client().send(new DescribeVaultCommand(on))).VaultName).toBe(name);
    await client().send(new DeleteVaultCommand(on));
  });
}

for (const [what, name] of [
  ["a space", "a b"],
  ["a letter that is not ASCII", "é"],
  ["256 characters", "x".repeat(256)],
  ["a colon", "a:b"],
]) {
  behaviour(`CreateVault refuses a name with ${what}`, page("api-vault-put"), async () => {
    const on = { accountId: "-", vaultName: name };
    await expect(client().send(new CreateVaultCommand(on))).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      $metadata: { httpStatusCode: 400 },
    });
  });
}

behaviour(
  "DescribeVault returns ARN, name and date of a new vault without archives",
  page("api-vault-get"),
  async () => {
    const on = await vault();
    const response = await client().send(new DescribeVaultCommand(on));
    expect(response).toMatchObject({
      VaultARN: arn(on.vaultName),
      VaultName: on.vaultName,
      NumberOfArchives: 0,
      SizeInBytes: 0,
    });
    expect(response.CreationDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(response.LastInventoryDate).toBeUndefined();
  },
);

behaviour(
  "DescribeVault of a missing vault answers 404 with its ARN",
  page("api-error-responses"),
  async () => {
    const on = { accountId: "-", vaultName: "nowhere" };
    await expect(client().send(new DescribeVaultCommand(on))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: `Vault not found for ARN: ${arn("nowhere")}`,
      code: "ResourceNotFoundException",
      type: "Client",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

behaviour(
  "number and size of archives are those of the last inventory, with 32 KiB overhead for each",
  page("api-vault-get"),
  async () => {
    const on = await vault();
    await upload(on, bytes(1_000));
    await upload(on, bytes(500));
    expect(await client().send(new DescribeVaultCommand(on))).toMatchObject({ NumberOfArchives: 0 });
    await cloud.advance(DAY);
    const response = await client().send(new DescribeVaultCommand(on));
    expect(response).toMatchObject({ NumberOfArchives: 2, SizeInBytes: 1_500 + 2 * 32_768 });
    expect(response.LastInventoryDate).toMatch(/Z$/);
  },
);

behaviour(
  "the inventory date does not change while no archives are added or deleted",
  page("vault-inventory"),
  async () => {
    const on = await vault();
    await upload(on);
    await cloud.advance(DAY);
    const first = await client().send(new DescribeVaultCommand(on));
    await cloud.advance(3 * DAY);
    expect((await client().send(new DescribeVaultCommand(on))).LastInventoryDate).toBe(
      first.LastInventoryDate,
    );
    await upload(on);
    await cloud.advance(DAY);
    expect((await client().send(new DescribeVaultCommand(on))).LastInventoryDate).not.toBe(
      first.LastInventoryDate,
    );
  },
);

behaviour("the account's own ID is equivalent to the hyphen", page("api-vault-get"), async () => {
  const on = await vault();
  const response = await client().send(new DescribeVaultCommand({ ...on, accountId: "000000000000" }));
  expect(response.VaultName).toBe(on.vaultName);
});

behaviour("another account's vault is not accessible", page("api-error-responses"), async () => {
  const on = await vault();
  const otherAccount = client({ account: "111122223333" });
  await expect(
    otherAccount.send(new DescribeVaultCommand({ ...on, accountId: "000000000000" })),
  ).rejects.toMatchObject({ name: "AccessDeniedException", $metadata: { httpStatusCode: 403 } });
  await expect(otherAccount.send(new DescribeVaultCommand(on))).rejects.toMatchObject({
    message: `Vault not found for ARN: arn:aws:glacier:us-east-1:111122223333:vaults/${on.vaultName}`,
  });
});

behaviour("a malformed account ID is refused", page("api-error-responses"), async () => {
  const on = await vault();
  await expect(client().send(new DescribeVaultCommand({ ...on, accountId: "me" }))).rejects.toMatchObject({
    name: "AccessDeniedException",
    $metadata: { httpStatusCode: 403 },
  });
});

const response = (version: string | undefined) => {
  const modified = client();
  modified.middlewareStack.add(
    (next) => async (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      if (version === undefined) delete headers["x-amz-glacier-version"];
      else headers["x-amz-glacier-version"] = version;
      return next(args);
    },
    { step: "build", priority: "low" },
  );
  return modified.send(new ListVaultsCommand({ accountId: "-" }));
};

behaviour("a request must have the API version header", page("api-common-request-headers"), async () => {
  await expect(response(undefined)).rejects.toMatchObject({
    name: "MissingParameterValueException",
    message: "Required parameter missing: API version",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("an unknown API version is refused", page("api-common-request-headers"), async () => {
  await expect(response("2011-01-01")).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  expect(await response("2012-06-01")).toHaveProperty("VaultList");
});

const listing = { account: "222233334444" };
const listed = async (input: { limit?: number; marker?: string }) => {
  const { VaultList, Marker } = await client(listing).send(
    new ListVaultsCommand({ accountId: "-", ...input }),
  );
  return { names: VaultList!.map((one) => one.VaultName), Marker };
};
let areListed: Promise<void> | undefined;
/** Creates twelve vaults, `v00` to `v11`, in an account of its own. */
const toList = () =>
  (areListed ??= (async () => {
    for (let n = 11; n >= 0; n--) {
      const vaultName = `v${`${n}`.padStart(2, "0")}`;
      await client(listing).send(new CreateVaultCommand({ accountId: "-", vaultName }));
    }
  })());

behaviour("ListVaults returns at most ten vaults by default, by name", page("api-vaults-get"), async () => {
  await toList();
  const { names } = await listed({});
  expect(names).toEqual(Array.from({ length: 10 }, (_, n) => `v0${n}`));
});

behaviour("ListVaults returns an ARN as marker, and continues there", page("api-vaults-get"), async () => {
  await toList();
  const first = await listed({ limit: 7 });
  expect(first.names).toHaveLength(7);
  expect(first.Marker).toBe("arn:aws:glacier:us-east-1:222233334444:vaults/v07");
  const second = await listed({ limit: 7, marker: first.Marker! });
  expect(second.names).toEqual(["v07", "v08", "v09", "v10", "v11"]);
  expect(second.Marker).toBeUndefined();
});

for (const limit of [0, 11, -1, 2.5]) {
  behaviour(`ListVaults refuses the limit ${limit}`, page("api-vaults-get"), async () => {
    await expect(listed({ limit })).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  });
}

behaviour("ListVaults with an empty marker starts at the first vault", page("api-vaults-get"), async () => {
  await toList();
  expect((await listed({ marker: "", limit: 1 })).names).toEqual(["v00"]);
});

behaviour("ListVaults refuses a marker that is not a vault's ARN", page("api-vaults-get"), async () => {
  await expect(listed({ marker: "somewhere" })).rejects.toMatchObject({
    name: "InvalidParameterValueException",
  });
});

behaviour("DeleteVault deletes an empty vault", page("api-vault-delete"), async () => {
  const on = await vault();
  const answer = await client().send(new DeleteVaultCommand(on));
  expect(answer.$metadata.httpStatusCode).toBe(204);
  await expect(client().send(new DescribeVaultCommand(on))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

behaviour("DeleteVault is idempotent", page("api-vault-delete"), async () => {
  const on = await vault();
  await client().send(new DeleteVaultCommand(on));
  await client().send(new DeleteVaultCommand(on));
});

const notEmpty = (on: { vaultName: string }) => ({
  name: "InvalidParameterValueException",
  message: `Vault not empty or recently written to: ${arn(on.vaultName)}`,
  $metadata: { httpStatusCode: 400 },
});

behaviour("DeleteVault refuses a vault with archives", page("deleting-vaults"), async () => {
  const on = await vault();
  await upload(on);
  await cloud.advance(DAY);
  await expect(client().send(new DeleteVaultCommand(on))).rejects.toMatchObject(notEmpty(on));
});

behaviour(
  "DeleteVault refuses an empty vault that was written to since its last inventory",
  page("deleting-vaults"),
  async () => {
    const on = await vault();
    const archiveId = await upload(on);
    await client().send(new DeleteArchiveCommand({ ...on, archiveId }));
    await expect(client().send(new DeleteVaultCommand(on))).rejects.toMatchObject(notEmpty(on));
    await cloud.advance(DAY);
    await client().send(new DeleteVaultCommand(on));
  },
);

behaviour("a recreated vault has no settings of the deleted one", page("deleting-vaults"), async () => {
  const on = await vault();
  await client().send(new AddTagsToVaultCommand({ ...on, Tags: { a: "b" } }));
  await client().send(new DeleteVaultCommand(on));
  await cloud.advance(HOUR);
  await client().send(new CreateVaultCommand(on));
  expect(await client().send(new ListTagsForVaultCommand(on))).toMatchObject({ Tags: {} });
  expect(await client().send(new ListJobsCommand(on))).toMatchObject({ JobList: [] });
});

behaviour("tags are added, overwritten and removed", page("tagging"), async () => {
  const on = await vault();
  await client().send(new AddTagsToVaultCommand({ ...on, Tags: { one: "1", two: "2", empty: "" } }));
  await client().send(new AddTagsToVaultCommand({ ...on, Tags: { two: "zwei" } }));
  expect(await client().send(new ListTagsForVaultCommand(on))).toMatchObject({
    Tags: { one: "1", two: "zwei", empty: "" },
  });
  const answer = await client().send(new RemoveTagsFromVaultCommand({ ...on, TagKeys: ["one", "unknown"] }));
  expect(answer.$metadata.httpStatusCode).toBe(204);
  expect((await client().send(new ListTagsForVaultCommand(on))).Tags).toEqual({ two: "zwei", empty: "" });
});

behaviour("tag keys are case-sensitive", page("tagging"), async () => {
  const on = await vault();
  await client().send(new AddTagsToVaultCommand({ ...on, Tags: { Key: "1", key: "2" } }));
  expect((await client().send(new ListTagsForVaultCommand(on))).Tags).toEqual({ Key: "1", key: "2" });
});

behaviour("a vault has at most 50 tags", page("tagging"), async () => {
  const on = await vault();
  const many = (count: number, from: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${from + n}`, "v"]));
  for (let from = 0; from < 50; from += 10)
    await client().send(new AddTagsToVaultCommand({ ...on, Tags: many(10, from) }));
  await expect(
    client().send(new AddTagsToVaultCommand({ ...on, Tags: { more: "v" } })),
  ).rejects.toMatchObject({
    name: "LimitExceededException",
    $metadata: { httpStatusCode: 400 },
  });
});

for (const [what, Tags] of [
  ["a key with the prefix aws:", { "aws:mine": "no" }],
  ["a key of 129 characters", { ["k".repeat(129)]: "v" }],
  ["a value of 256 characters", { k: "v".repeat(256) }],
  ["a key with a question mark", { "k?": "v" }],
] as const) {
  behaviour(`AddTagsToVault refuses ${what}`, page("tagging"), async () => {
    const on = await vault();
    await expect(
      client().send(new AddTagsToVaultCommand({ ...on, Tags: { ...Tags } as Record<string, string> })),
    ).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  });
}

for (const count of [0, 11]) {
  const keys = Array.from({ length: count }, (_, n) => `k${n}`);
  behaviour(`AddTagsToVault refuses ${count} tags at once`, page("api-AddTagsToVault"), async () => {
    const Tags = Object.fromEntries(keys.map((key) => [key, "v"]));
    await expect(
      client().send(new AddTagsToVaultCommand({ ...(await vault()), Tags })),
    ).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  });

  behaviour(
    `RemoveTagsFromVault refuses ${count} keys at once`,
    page("api-RemoveTagsFromVault"),
    async () => {
      await expect(
        client().send(new RemoveTagsFromVaultCommand({ ...(await vault()), TagKeys: keys })),
      ).rejects.toMatchObject({ name: "InvalidParameterValueException" });
    },
  );
}

behaviour("absent members are null in responses", page("api-vault-get"), async () => {
  const on = await vault();
  const headers = { "x-amz-glacier-version": "2012-06-01" };
  const read = async (path: string) => {
    const of = `/-/vaults/${on.vaultName}${path}`;
    return JSON.parse((await signedExchange(cloud.endpoint, "glacier", of, { headers })).text);
  };
  expect(await read("")).toMatchObject({ LastInventoryDate: null, NumberOfArchives: 0 });
  expect(await read("/jobs")).toEqual({ JobList: [], Marker: null });
  await upload(on);
  await cloud.advance(2 * DAY);
  const { jobId } = await job(on, { Type: "inventory-retrieval" });
  expect(await read(`/jobs/${jobId}`)).toMatchObject({
    Action: "InventoryRetrieval",
    ArchiveId: null,
    CompletionDate: null,
    InventorySizeInBytes: null,
    SHA256TreeHash: null,
    StatusMessage: null,
  });
});
