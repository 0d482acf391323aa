import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { checkSome, fault, invalidParameter } from "../errors.ts";
import type { Content } from "../publish/message.ts";
import { optedOut, sandboxNumbers, smsSettings } from "../store.ts";

const E164 = /^\+[1-9]\d{6,14}$/;
const SETTINGS = new Map(
  Object.entries<(value: string) => boolean>({
    MonthlySpendLimit: (value) => /^\d+$/.test(value),
    DeliveryStatusIAMRole: (value) => value.startsWith("arn:"),
    DeliveryStatusSuccessSamplingRate: (value) => /^\d{1,3}$/.test(value) && Number(value) <= 100,
    DefaultSenderID: (value) => /^[A-Za-z0-9-]{1,11}$/.test(value) && /[A-Za-z]/.test(value),
    DefaultSMSType: (value) => value === "Promotional" || value === "Transactional",
    UsageReportS3Bucket: () => true,
  }),
);
const MAX_BYTES = 1_600;
const PAGE = 100;

/** A text message, which waits in the outbox. @throws {AwsError} InvalidParameter */
export async function publishToPhone(ctx: Context, number: string, content: Content) {
  if (!E164.test(number)) throw invalidParameter(`PhoneNumber Reason: ${number} is not valid to publish to`);
  const text = content.bodies.sms ?? content.bodies.default!;
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalidParameter("Message too long");
  const MessageId = ctx.random.uuid();
  await textMessage(ctx, number, text, MessageId);
  return { MessageId };
}

/** A number that has opted out gets nothing. */
export async function textMessage(ctx: Context, number: string, body: string, about: string): Promise<void> {
  const { isOut, sender } = await ctx.read(async (tx) => ({
    isOut: await tx.get(optedOut, [number]),
    sender: (await tx.get(smsSettings, []))?.attributes.DefaultSenderID,
  }));
  if (isOut) return;
  await ctx.letters.put({
    kind: "sms",
    service: "sns",
    to: number,
    body,
    about,
    ...(sender && { from: sender }),
  });
}

export const smsOperations = {
  async SetSMSAttributes(ctx, { attributes }) {
    checkSome(attributes, "attributes");
    for (const [name, value] of Object.entries(attributes)) {
      const rule = SETTINGS.get(name);
      // In errors about SMS attributes, AWS omits the words "Invalid parameter:".
      if (!rule) throw fault("InvalidParameterException", `${name} is not a valid attribute`);
      if (value !== "" && !rule(value)) throw fault("InvalidParameterException", `${name} is invalid`);
    }
    return ctx.transact(async (tx) => {
      const former = await tx.get(smsSettings, []);
      const merged = Object.entries({ ...former?.attributes, ...attributes });
      // An empty value resets a preference.
      tx.put(smsSettings, { attributes: Object.fromEntries(merged.filter(([, value]) => value !== "")) });
      return {};
    });
  },

  async GetSMSAttributes(ctx, { attributes: names }) {
    const { attributes } = (await ctx.read((tx) => tx.get(smsSettings, []))) ?? { attributes: {} };
    const all: Record<string, string> = { MonthlySpendLimit: "1", ...attributes };
    if (!names || names.length === 0) return { attributes: all };
    const unknown = names.find((name) => !SETTINGS.has(name));
    if (unknown !== undefined)
      throw fault("InvalidParameterException", `${unknown} is not a valid attribute`);
    return { attributes: Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))) };
  },

  async CheckIfPhoneNumberIsOptedOut(ctx, { phoneNumber }) {
    checkNumber(phoneNumber);
    return { isOptedOut: (await ctx.read((tx) => tx.get(optedOut, [phoneNumber]))) !== undefined };
  },

  async ListPhoneNumbersOptedOut(ctx, { nextToken }) {
    const { records, token } = await page(ctx, {
      listing: ["sns:ListPhoneNumbersOptedOut"],
      token: nextToken,
      limit: PAGE,
      list: (range) => ctx.read((tx) => tx.list(optedOut, range)),
      position: ({ number }) => [number],
      invalidToken: () => invalidParameter("nextToken"),
    });
    return { phoneNumbers: records.map(({ number }) => number), nextToken: token };
  },

  async OptInPhoneNumber(ctx, { phoneNumber }) {
    checkNumber(phoneNumber);
    return ctx.transact((tx) => {
      tx.delete(optedOut, [phoneNumber]);
      return {};
    });
  },

  /** This cloud has no numbers of its own. */
  async ListOriginationNumbers() {
    return { PhoneNumbers: [] };
  },

  async GetSMSSandboxAccountStatus() {
    return { IsInSandbox: true };
  },

  async CreateSMSSandboxPhoneNumber(ctx, { PhoneNumber }) {
    checkNumber(PhoneNumber);
    const code = await ctx.transact(async (tx) => {
      if (await tx.get(optedOut, [PhoneNumber]))
        throw fault("OptedOutException", "The phone number has opted out.");
      const entry = {
        number: PhoneNumber,
        verified: false,
        code: String(tx.random.below(900_000) + 100_000),
      };
      tx.put(sandboxNumbers, entry);
      return entry.code;
    });
    const body = `Your verification code is ${code}`;
    await ctx.letters.put({ kind: "sms", service: "sns", to: PhoneNumber, body });
    return {};
  },

  async VerifySMSSandboxPhoneNumber(ctx, { PhoneNumber, OneTimePassword }) {
    return ctx.transact(async (tx) => {
      const entry = await tx.get(sandboxNumbers, [PhoneNumber]);
      if (!entry) throw fault("ResourceNotFoundException", "The phone number is not in the sandbox.");
      if (entry.code !== OneTimePassword) {
        throw fault("VerificationException", "The one-time password is not valid.", {
          members: { Status: "Pending" },
        });
      }
      tx.put(sandboxNumbers, { ...entry, verified: true });
      return {};
    });
  },

  async ListSMSSandboxPhoneNumbers(ctx, { NextToken, MaxResults = PAGE }) {
    const { records, token } = await page(ctx, {
      listing: ["sns:ListSMSSandboxPhoneNumbers"],
      token: NextToken,
      limit: MaxResults,
      list: (range) => ctx.read((tx) => tx.list(sandboxNumbers, range)),
      position: ({ number }) => [number],
      invalidToken: () => invalidParameter("NextToken"),
    });
    return {
      PhoneNumbers: records.map(({ number, verified }) => ({
        PhoneNumber: number,
        Status: verified ? ("Verified" as const) : ("Pending" as const),
      })),
      NextToken: token,
    };
  },

  async DeleteSMSSandboxPhoneNumber(ctx, { PhoneNumber }) {
    return ctx.transact(async (tx) => {
      if (!(await tx.get(sandboxNumbers, [PhoneNumber])))
        throw fault("ResourceNotFoundException", "The phone number is not in the sandbox.");
      tx.delete(sandboxNumbers, [PhoneNumber]);
      return {};
    });
  },
} satisfies Handlers<"sns">;

function checkNumber(number: string): void {
  if (!E164.test(number)) throw invalidParameter(`PhoneNumber Reason: input incorrectly formatted`);
}
