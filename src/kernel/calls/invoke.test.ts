import { afterEach, describe, expect, test, vi } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { bodyOf } from "#lib/body.ts";
import type { LogFields } from "#lib/log.ts";
import { silentLog } from "#lib/log.ts";
import type { Context } from "../context.ts";
import { collection } from "../records/collection.ts";
import { type Access, defineService, type Handlers, type ServiceDefinition } from "../service.ts";
import { TEST_PLACE, type TestCloud, type TestCloudOptions, testCloud } from "../testing.ts";
import { settles, testDisk } from "../testing-disk.ts";
import { usageRows } from "./meter.ts";
import { ANONYMOUS, type Principal, rootOf } from "./principal.ts";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

const names = collection<{ name: string }>("hello/name", { scope: "region", key: (row) => [row.name] });
const nobodyAsks: Access<"hello"> = {
  GetGreeting: () => [],
  ListGreetings: () => [],
  DeleteGreeting: () => [],
  PutRecording: () => [],
};

async function cloudWith(
  operations: Handlers<"hello">,
  definition: Partial<ServiceDefinition<"hello">> = {},
  options: TestCloudOptions = {},
) {
  const service = defineService({ id: "hello", operations: [operations], access: nobodyAsks, ...definition });
  const nube = await testCloud([service], options);
  open.push(nube);
  return { ...nube, hello: nube.aws.hello };
}

/** An empty output, for handlers that only have a side effect. */
const nothing = {} as never;
const after = (_done: unknown) => nothing;

test("the steps run in order: fault, validate, authorize, handle", async () => {
  const passed: string[] = [];
  const { cloud, as } = await cloudWith(
    { GetGreeting: async () => after(passed.push("handle")) },
    {
      access: {
        GetGreeting() {
          passed.push("authorize");
          return [{ action: "hello:GetGreeting", resource: "*" }];
        },
      },
    },
  );
  const stranger: Principal = { type: "user", account: "1", arn: "arn:aws:iam::1:user/a", id: "AIDA" };
  const call = (principal: Principal, Name: string) => as(principal).hello.GetGreeting({ Name });
  const invalid = "not a name";

  cloud.faults.set([{ operation: "GetGreeting", probability: 1, seed: 1, effect: { throttle: true } }]);
  await expect(call(stranger, invalid)).rejects.toMatchObject({ code: "ThrottlingException" });
  cloud.faults.set([]);
  await expect(call(stranger, invalid)).rejects.toMatchObject({ code: "ValidationException", status: 400 });
  expect(passed).toEqual([]);
  await expect(call(stranger, "a")).rejects.toMatchObject({
    code: "AccessDeniedException",
    status: 400,
    message:
      "User: arn:aws:iam::1:user/a is not authorized to perform: hello:GetGreeting on resource: * because no identity-based policy allows the hello:GetGreeting action",
  });
  expect(passed).toEqual(["authorize"]);
  await call(rootOf("1"), "a");
  expect(passed).toEqual(["authorize", "authorize", "handle"]);
});

test("an operation without access facts is denied, to root as well", async () => {
  const { hello } = await cloudWith({ GetGreeting: async () => nothing }, { access: {} });
  await expect(hello.GetGreeting({ Name: "a" })).rejects.toMatchObject({ code: "AccessDenied", status: 403 });
});

describe("errors", () => {
  test("AwsErrors pass unchanged, an operation without a handler is NotImplemented", async () => {
    const error = new AwsError("GreetingNotFoundException", "no");
    const { hello } = await cloudWith({ GetGreeting: () => Promise.reject(error) });
    await expect(hello.GetGreeting({ Name: "a" })).rejects.toBe(error);
    await expect(hello.SayHello({ Name: "a", To: "b" })).rejects.toMatchObject({
      code: "NotImplemented",
      status: 501,
      message: expect.stringContaining("hello:SayHello"),
    });
  });

  test("all other errors are bugs: logged with the request's id, and without details for the client", async () => {
    const logged: LogFields[] = [];
    const log = { ...silentLog, error: (_: string, fields: LogFields = {}) => void logged.push(fields) };
    const bug = new TypeError("x is undefined");
    const { hello } = await cloudWith({ GetGreeting: () => Promise.reject(bug) }, {}, { log });
    const seen: AwsError = await hello.GetGreeting({ Name: "a" }).then(nothing, (error) => error);
    expect(seen).toBeInstanceOf(AwsError);
    expect(seen).toMatchObject({ code: "InternalFailure", status: 500 });
    expect(seen.message).not.toContain("undefined");
    expect(logged).toEqual([
      {
        error: bug,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        service: "hello",
        operation: "GetGreeting",
        ...TEST_PLACE,
      },
    ]);
  });

  test("a definition that names an operation twice does not start", () => {
    const twice: Handlers<"hello"> = { GetGreeting: async () => nothing };
    expect(() => defineService({ id: "hello", operations: [twice, twice], access: {} })).toThrow(
      "GetGreeting twice",
    );
  });
});

describe("a response waits for the disk", () => {
  const operations: Handlers<"hello"> = {
    GetGreeting: (ctx, { Name }) =>
      ctx.transact(async (tx) => {
        tx.put(names, { name: Name });
        return nothing;
      }),
    ListGreetings: (ctx) =>
      ctx.read(async (tx) => {
        await tx.list(names, { limit: 10 });
        return nothing;
      }),
    DeleteGreeting: (ctx, { Name }) =>
      ctx.transact(async (tx) => {
        if (await tx.get(names, [Name])) throw new AwsError("Conflict", "no");
        return nothing;
      }),
  };

  test("if it wrote, if it saw another call's write, and if it is an error because of that", async () => {
    const disk = testDisk();
    const { hello } = await cloudWith(operations, {}, { store: disk.store });
    await hello.ListGreetings({});
    disk.hold();
    const writing = hello.GetGreeting({ Name: "a" });
    const reading = hello.ListGreetings({});
    const refused = hello.DeleteGreeting({ Name: "a" });
    for (const answer of [writing, reading, refused]) expect(await settles(answer)).toBe(false);
    disk.release();
    await Promise.all([writing, reading]);
    await expect(refused).rejects.toMatchObject({ code: "Conflict" });
  });

  test("and is ServiceUnavailable if the disk fails, for all calls that saw the lost write", async () => {
    const disk = testDisk();
    const { hello } = await cloudWith(operations, {}, { store: disk.store });
    await hello.ListGreetings({});
    disk.hold();
    disk.break();
    const answers = [
      hello.GetGreeting({ Name: "a" }),
      hello.ListGreetings({}),
      hello.DeleteGreeting({ Name: "a" }),
    ];
    const errors = Promise.allSettled(answers);
    await settles(errors);
    disk.release();
    for (const { status, ...rest } of await errors) {
      expect({ status, ...rest }).toMatchObject({
        status: "rejected",
        reason: { code: "ServiceUnavailable", status: 503 },
      });
    }
    disk.mend();
    await hello.DeleteGreeting({ Name: "a" });
  });

  test("also for what a call did or saw in another Region", async () => {
    const disk = testDisk();
    const { hello } = await cloudWith(
      {
        ...operations,
        GetGreeting: (ctx, { Name }) =>
          ctx.elsewhere("eu-west-1").transact((tx) => after(tx.put(names, { name: Name }))),
        DeleteGreeting: async (ctx) =>
          after(await ctx.elsewhere("eu-west-1").read((tx) => tx.get(names, ["a"]))),
      },
      {},
      { store: disk.store },
    );
    await hello.DeleteGreeting({ Name: "a" });
    disk.hold();
    const answers = [hello.GetGreeting({ Name: "a" }), hello.DeleteGreeting({ Name: "a" })];
    for (const answer of answers) expect(await settles(answer)).toBe(false);
    disk.release();
    await Promise.all(answers);
  });

  test("but not if the data was durable before, whatever other writes are pending", async () => {
    const disk = testDisk();
    const { hello } = await cloudWith(
      {
        ...operations,
        DeleteGreeting: (ctx) => ctx.read(async (tx) => after(await tx.get(names, ["z"]))),
      },
      {},
      { store: disk.store },
    );
    await hello.DeleteGreeting({ Name: "z" });
    disk.hold();
    const writing = hello.GetGreeting({ Name: "a" });
    await hello.DeleteGreeting({ Name: "z" });
    disk.release();
    await writing;
  });
});

describe("calls between services", () => {
  test("are made as the service, on behalf of a resource, or as the caller", async () => {
    const callers: Principal[] = [];
    const { hello } = await cloudWith({
      GetGreeting: async (ctx) => after(callers.push(ctx.principal)),
      async ListGreetings(ctx) {
        await ctx.as("hello.amazonaws.com", "arn:aws:hello:::x").aws.hello.GetGreeting({ Name: "a" });
        await ctx.aws.hello.GetGreeting({ Name: "a" });
        return nothing;
      },
    });
    await hello.ListGreetings({});
    expect(callers).toMatchObject([
      { type: "service", id: "hello.amazonaws.com", sourceArn: "arn:aws:hello:::x" },
      { type: "root", account: TEST_PLACE.account },
    ]);
  });

  test("are validated", async () => {
    const { hello } = await cloudWith({ GetGreeting: async () => nothing });
    await expect(hello.GetGreeting(nothing)).rejects.toMatchObject({
      message:
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    });
  });

  test("have immutable inputs in tests, except bytes, dates and streams", async () => {
    const inputs: object[] = [];
    const { cloud, hello } = await cloudWith({
      PutRecording: async (_, input) => after(inputs.push(input)),
      async ListGreetings(_, input) {
        input.MaxResults = 7;
        return nothing;
      },
    });
    const Recording = Buffer.from("x");
    await hello.PutRecording({ Name: "a", Recording });
    expect(Object.isFrozen(inputs[0])).toBe(true);
    expect(Recording.fill("y").toString()).toBe("y");
    await expect(hello.ListGreetings({})).rejects.toMatchObject({ code: "InternalFailure" });

    const input = { Name: "a", Recording, list: [{ deep: {} }], at: new Date(0), body: bodyOf("x") };
    const call = { service: "hello", operation: "PutRecording", principal: rootOf("1"), place: TEST_PLACE };
    await cloud.call({ ...call, input });
    expect(Object.isFrozen(input.list[0]!.deep)).toBe(true);
    expect(Object.isFrozen(input.body)).toBe(false);
    input.at.setTime(1);
  });

  test("must name an existing service and operation", async () => {
    const { cloud } = await cloudWith({});
    const call = { principal: rootOf("1"), place: TEST_PLACE, input: {} };
    await expect(cloud.call({ ...call, service: "sqs", operation: "SendMessage" })).rejects.toThrow(
      "sqs:SendMessage",
    );
    await expect(cloud.call({ ...call, service: "hello", operation: "toString" })).rejects.toThrow(
      "hello:toString",
    );
  });
});

test("a change is answered when its trail record is durable; an operation on data has none, and does not wait", async () => {
  const write: Handlers<"hello">["DeleteGreeting"] = async (ctx) =>
    after(await ctx.transact((tx) => tx.put(names, { name: "a" })));
  const { cloud, hello } = await cloudWith(
    { DeleteGreeting: write, PutRecording: async (ctx) => after(await write(ctx, { Name: "a" })) },
    { dataOperations: ["PutRecording"] },
  );
  const flush = vi.spyOn(cloud.trail, "flush");
  await hello.PutRecording({ Name: "a", Recording: Buffer.from("x") });
  expect(flush).not.toHaveBeenCalled();
  await hello.DeleteGreeting({ Name: "a" });
  expect(flush).toHaveBeenCalledOnce();
});

test("a call without access facts is only counted in its caller's own account, since it may name any other", async () => {
  const write = async (ctx: Context) => after(await ctx.transact((tx) => tx.put(names, { name: "a" })));
  const { as, cloud } = await cloudWith(
    { GetGreeting: write, SayHello: write },
    { access: { GetGreeting: () => [], SayHello: () => [{ action: "hello:SayHello", resource: "*" }] } },
  );
  const counted = async (principal: Principal, account: string) => {
    const place = { ...TEST_PLACE, account };
    const { hello } = as(principal, place);
    await hello.GetGreeting({ Name: "a" });
    await hello.SayHello({ Name: "a", To: "b" }).catch(() => {});
    const service = (await cloud.service("hello"))!;
    const home = cloud.context({ service, principal, place, requestId: "r" });
    return home.read(async (tx) =>
      (await tx.list(usageRows.region, { limit: 10 })).map(({ kind }) => kind).sort(),
    );
  };
  expect(await counted(ANONYMOUS, "1")).toEqual([]);
  expect(await counted(rootOf("1"), "2")).toEqual([]);
  expect(await counted(rootOf("3"), "3")).toEqual(["GetGreeting", "SayHello"]);
});

test("the same service in another Region has its own records", async () => {
  const told: (string | undefined)[] = [];
  const { hello } = await cloudWith({
    async GetGreeting(ctx, { Name }) {
      const there = ctx.elsewhere("eu-west-1");
      await there.transact((tx) => tx.put(names, { name: Name }));
      const nameAt = (at: typeof ctx) => at.read(async (tx) => (await tx.get(names, [Name]))?.name);
      told.push(
        there.region,
        await nameAt(ctx),
        await nameAt(there),
        await nameAt(ctx.elsewhere("eu-west-1")),
      );
      return nothing;
    },
  });
  await hello.GetGreeting({ Name: "a" });
  expect(told).toEqual(["eu-west-1", undefined, "a", "a"]);
});

test("another Region is not accessible within a transaction", async () => {
  const { hello } = await cloudWith({
    GetGreeting: (ctx) => ctx.transact(() => after(ctx.elsewhere("eu-west-1"))),
  });
  await expect(hello.GetGreeting({ Name: "a" })).rejects.toMatchObject({ code: "InternalFailure" });
});

test("the trail record of a call that wrote in another Region only is durable before its response, too", async () => {
  const disk = testDisk();
  const { cloud, hello } = await cloudWith(
    {
      GetGreeting: (ctx, { Name }) =>
        ctx.elsewhere("eu-west-1").transact((tx) => after(tx.put(names, { name: Name }))),
    },
    {},
    { store: disk.store },
  );
  const flush = vi.spyOn(cloud.trail, "flush");
  await hello.GetGreeting({ Name: "a" });
  expect(flush).toHaveBeenCalledOnce();
});
