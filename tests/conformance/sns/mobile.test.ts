import {
  CheckIfPhoneNumberIsOptedOutCommand,
  CreatePlatformApplicationCommand,
  CreatePlatformEndpointCommand,
  CreateSMSSandboxPhoneNumberCommand,
  DeleteEndpointCommand,
  DeletePlatformApplicationCommand,
  DeleteSMSSandboxPhoneNumberCommand,
  GetEndpointAttributesCommand,
  GetPlatformApplicationAttributesCommand,
  GetSMSAttributesCommand,
  GetSMSSandboxAccountStatusCommand,
  ListEndpointsByPlatformApplicationCommand,
  ListOriginationNumbersCommand,
  ListPhoneNumbersOptedOutCommand,
  ListPlatformApplicationsCommand,
  ListSMSSandboxPhoneNumbersCommand,
  OptInPhoneNumberCommand,
  PublishCommand,
  SetEndpointAttributesCommand,
  SetPlatformApplicationAttributesCommand,
  SetSMSAttributesCommand,
  SubscribeCommand,
  VerifySMSSandboxPhoneNumberCommand,
} from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { ACCOUNT, refused, snsCloud } from "./sns.ts";

const cloud = snsCloud();
const send = ((command: never) => cloud.sns().send(command)) as ReturnType<typeof cloud.sns>["send"];

const PUSH = doc("sns/latest/dg/sns-mobile-application-as-subscriber.html");
const APPLICATION = doc("sns/latest/api/API_CreatePlatformApplication.html");
const ENDPOINT = doc("sns/latest/api/API_CreatePlatformEndpoint.html");
const SMS = doc("sns/latest/dg/sms_publish-to-phone.html");
const PREFERENCES = doc("sns/latest/api/API_SetSMSAttributes.html");
const OPTED_OUT = doc("sns/latest/dg/sms_manage_optout.html");
const SANDBOX = doc("sns/latest/dg/sns-sms-sandbox.html");
const MAIL = doc("sns/latest/dg/sns-email-notifications.html");

let names = 0;
async function application() {
  const command = new CreatePlatformApplicationCommand({
    Name: `app-${++names}`,
    Platform: "GCM",
    Attributes: { PlatformCredential: "secret" },
  });
  return (await send(command)).PlatformApplicationArn!;
}
const device = async (PlatformApplicationArn: string, more: object = {}) =>
  (await send(new CreatePlatformEndpointCommand({ PlatformApplicationArn, Token: "token", ...more })))
    .EndpointArn!;

behaviour("a platform application's ARN has its platform and name", APPLICATION, async () => {
  expect(await application()).toBe(`arn:aws:sns:us-east-1:${ACCOUNT}:app/GCM/app-${names}`);
});

behaviour("an unknown platform is refused", APPLICATION, async () => {
  const Attributes = { PlatformCredential: "secret" };
  const command = new CreatePlatformApplicationCommand({ Name: "a", Platform: "FAX", Attributes });
  await expect(send(command)).rejects.toMatchObject(refused(/Platform Reason: FAX is not supported/));
});

behaviour("a platform application requires a credential", APPLICATION, async () => {
  const command = new CreatePlatformApplicationCommand({
    Name: "a",
    Platform: "GCM",
    Attributes: { PlatformPrincipal: "p" },
  });
  await expect(send(command)).rejects.toMatchObject(
    refused(
      "Invalid parameter: Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential",
    ),
  );
});

behaviour("most platforms require a principal", APPLICATION, async () => {
  const Attributes = { PlatformCredential: "secret" };
  const command = new CreatePlatformApplicationCommand({ Name: "a", Platform: "APNS", Attributes });
  await expect(send(command)).rejects.toMatchObject(
    refused(
      "Invalid parameter: Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal",
    ),
  );
});

behaviour("CreatePlatformApplication without attributes is refused", APPLICATION, async () => {
  const command = new CreatePlatformApplicationCommand({ Name: "a", Platform: "APNS", Attributes: {} });
  await expect(send(command)).rejects.toMatchObject({
    name: "ValidationError",
    message:
      "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null",
  });
});

behaviour(
  "CreatePlatformApplication with equal attributes in any order returns the existing application",
  APPLICATION,
  async () => {
    const made = async (Attributes: Record<string, string>) =>
      (await send(new CreatePlatformApplicationCommand({ Name: "again", Platform: "APNS", Attributes })))
        .PlatformApplicationArn;
    const arn = await made({ PlatformCredential: "secret", PlatformPrincipal: "p" });
    expect(await made({ PlatformPrincipal: "p", PlatformCredential: "secret" })).toBe(arn);
    await expect(made({ PlatformPrincipal: "p", PlatformCredential: "other" })).rejects.toMatchObject(
      refused(
        "Invalid parameter: Name Reason: An application with the same name but different properties already exists",
      ),
    );
  },
);

for (const [Name, reason] of [
  ["", "cannot be empty"],
  ["a".repeat(257), "must be at most 256 characters long"],
  ["a b", "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"],
] as const)
  behaviour(`an application's name ${reason.slice(0, 30)}`, APPLICATION, async () => {
    const Attributes = { PlatformCredential: "secret" };
    const command = new CreatePlatformApplicationCommand({ Name, Platform: "GCM", Attributes });
    await expect(send(command)).rejects.toMatchObject(
      refused(`Invalid parameter: ${Name} Reason: ${reason}`),
    );
  });

behaviour(
  "GetPlatformApplicationAttributes omits credentials",
  doc("sns/latest/api/API_GetPlatformApplicationAttributes.html"),
  async () => {
    const PlatformApplicationArn = await application();
    const { Attributes } = await send(
      new GetPlatformApplicationAttributesCommand({ PlatformApplicationArn }),
    );
    expect(Attributes).toEqual({ Enabled: "true" });
  },
);

behaviour(
  "a disabled application delivers nothing",
  doc("sns/latest/api/API_SetPlatformApplicationAttributes.html"),
  async () => {
    const PlatformApplicationArn = await application();
    const TargetArn = await device(PlatformApplicationArn);
    const Attributes = { Enabled: "false" };
    await send(new SetPlatformApplicationAttributesCommand({ PlatformApplicationArn, Attributes }));
    await expect(send(new PublishCommand({ TargetArn, Message: "m" }))).rejects.toMatchObject({
      name: "PlatformApplicationDisabledException",
    });
  },
);

behaviour(
  "ListPlatformApplications returns the applications",
  doc("sns/latest/api/API_ListPlatformApplications.html"),
  async () => {
    const arn = await application();
    const { PlatformApplications } = await send(new ListPlatformApplicationsCommand({}));
    expect(PlatformApplications!.map((each) => each.PlatformApplicationArn)).toContain(arn);
  },
);

behaviour(
  "deleting an application deletes its endpoints",
  doc("sns/latest/api/API_DeletePlatformApplication.html"),
  async () => {
    const PlatformApplicationArn = await application();
    const EndpointArn = await device(PlatformApplicationArn);
    await send(new DeletePlatformApplicationCommand({ PlatformApplicationArn }));
    await expect(
      send(new GetPlatformApplicationAttributesCommand({ PlatformApplicationArn })),
    ).rejects.toMatchObject({ name: "NotFoundException", message: "PlatformApplication does not exist" });
    await expect(send(new GetEndpointAttributesCommand({ EndpointArn }))).rejects.toMatchObject({
      name: "NotFoundException",
      message: "Endpoint does not exist",
    });
  },
);

behaviour(
  "GetEndpointAttributes returns the token",
  doc("sns/latest/api/API_GetEndpointAttributes.html"),
  async () => {
    const EndpointArn = await device(await application(), { CustomUserData: "mine" });
    const { Attributes } = await send(new GetEndpointAttributesCommand({ EndpointArn }));
    expect(Attributes).toEqual({ Enabled: "true", Token: "token", CustomUserData: "mine" });
  },
);

behaviour("a token has a maximum length", ENDPOINT, async () => {
  const PlatformApplicationArn = await application();
  for (const Token of ["x".repeat(5_000), "\u0000".repeat(2_000)])
    await expect(
      send(new CreatePlatformEndpointCommand({ PlatformApplicationArn, Token })),
    ).rejects.toMatchObject(refused(/^Invalid parameter: Token Reason: /));
});

behaviour("an application has one endpoint per token", ENDPOINT, async () => {
  const arn = await application();
  const first = await device(arn);
  expect(await device(arn)).toBe(first);
  await expect(device(arn, { CustomUserData: "other" })).rejects.toMatchObject(
    refused(
      `Invalid parameter: Token Reason: Endpoint ${first} already exists with the same Token, but different attributes.`,
    ),
  );
});

behaviour("CreatePlatformEndpoint of a missing application fails", ENDPOINT, async () => {
  await expect(device(`arn:aws:sns:us-east-1:${ACCOUNT}:app/GCM/none`)).rejects.toMatchObject({
    name: "NotFoundException",
  });
});

behaviour("user data is limited to 2,048 bytes", ENDPOINT, async () => {
  await expect(device(await application(), { CustomUserData: "d".repeat(2_049) })).rejects.toMatchObject(
    refused(/2048 bytes/),
  );
});

behaviour(
  "ListEndpointsByPlatformApplication returns endpoints with attributes",
  doc("sns/latest/api/API_ListEndpointsByPlatformApplication.html"),
  async () => {
    const PlatformApplicationArn = await application();
    const EndpointArn = await device(PlatformApplicationArn);
    const { Endpoints } = await send(
      new ListEndpointsByPlatformApplicationCommand({ PlatformApplicationArn }),
    );
    expect(Endpoints).toEqual([{ EndpointArn, Attributes: { Enabled: "true", Token: "token" } }]);
  },
);

behaviour("DeleteEndpoint is idempotent", doc("sns/latest/api/API_DeleteEndpoint.html"), async () => {
  const EndpointArn = await device(await application());
  await send(new DeleteEndpointCommand({ EndpointArn }));
  await send(new DeleteEndpointCommand({ EndpointArn }));
  await expect(send(new PublishCommand({ TargetArn: EndpointArn, Message: "m" }))).rejects.toMatchObject(
    refused("Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"),
  );
});

behaviour("publishing to an endpoint pushes to its device", PUSH, async () => {
  const TargetArn = await device(await application());
  await send(new PublishCommand({ TargetArn, Message: "for the phone" }));
  expect((await cloud.letters())[0]).toMatchObject({
    kind: "push",
    to: TargetArn,
    token: "token",
    platform: "GCM",
    body: "for the phone",
  });
});

behaviour(
  "a platform-specific body is used for its platform",
  doc("sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html"),
  async () => {
    const TargetArn = await device(await application());
    const Message = JSON.stringify({ default: "d", GCM: "for GCM" });
    await send(new PublishCommand({ TargetArn, Message, MessageStructure: "json" }));
    expect((await cloud.letters())[0]!.body).toBe("for GCM");
  },
);

behaviour(
  "a disabled endpoint receives nothing",
  doc("sns/latest/api/API_SetEndpointAttributes.html"),
  async () => {
    const EndpointArn = await device(await application());
    await send(new SetEndpointAttributesCommand({ EndpointArn, Attributes: { Enabled: "false" } }));
    await expect(send(new PublishCommand({ TargetArn: EndpointArn, Message: "m" }))).rejects.toMatchObject({
      name: "EndpointDisabledException",
      message: "Endpoint is disabled",
    });
  },
);

behaviour("an endpoint can subscribe to a topic", PUSH, async () => {
  const TopicArn = await cloud.topic();
  const Endpoint = await device(await application());
  const command = new SubscribeCommand({ TopicArn, Protocol: "application", Endpoint });
  expect((await send(command)).SubscriptionArn).toMatch(/^arn:/);
  await send(new PublishCommand({ TopicArn, Message: "for all" }));
  await cloud.advance(1_000);
  expect((await cloud.letters())[0]).toMatchObject({ kind: "push", to: Endpoint, body: "for all" });
});

const PHONE = "+15555550100";

behaviour("publishing to a phone number sends a text message", SMS, async () => {
  const { MessageId } = await send(new PublishCommand({ PhoneNumber: PHONE, Message: "hello" }));
  expect((await cloud.letters())[0]).toMatchObject({
    kind: "sms",
    to: PHONE,
    body: "hello",
    about: MessageId,
  });
});

behaviour("a phone number must be in E.164 format", SMS, async () => {
  await expect(send(new PublishCommand({ PhoneNumber: "+1", Message: "m" }))).rejects.toMatchObject(
    refused("Invalid parameter: PhoneNumber Reason: +1 is not valid to publish to"),
  );
});

behaviour("a text message has at most 1,600 bytes", SMS, async () => {
  const command = new PublishCommand({ PhoneNumber: PHONE, Message: "m".repeat(1_601) });
  await expect(send(command)).rejects.toMatchObject(refused("Invalid parameter: Message too long"));
});

behaviour(
  "an SMS subscription needs no confirmation",
  doc("sns/latest/dg/sms_publish-to-topic.html"),
  async () => {
    const TopicArn = await cloud.topic();
    await send(new SubscribeCommand({ TopicArn, Protocol: "sms", Endpoint: PHONE }));
    await send(new PublishCommand({ TopicArn, Message: "for phones" }));
    await cloud.advance(1_000);
    expect((await cloud.letters())[0]).toMatchObject({ kind: "sms", to: PHONE, body: "for phones" });
  },
);

behaviour("SetSMSAttributes stores the preferences", PREFERENCES, async () => {
  const attributes = { DefaultSMSType: "Transactional", DefaultSenderID: "Nube" };
  await send(new SetSMSAttributesCommand({ attributes }));
  expect((await send(new GetSMSAttributesCommand({}))).attributes).toMatchObject(attributes);
  const selected = await send(new GetSMSAttributesCommand({ attributes: ["DefaultSMSType"] }));
  expect(selected.attributes).toEqual({ DefaultSMSType: "Transactional" });
});

behaviour(
  "an empty value resets an SMS preference",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/sns/sms_preferences.go",
  async () => {
    const attributes = {
      DefaultSenderID: "Nube",
      DefaultSMSType: "Transactional",
      DeliveryStatusIAMRole: "arn:aws:iam::000000000000:role/sms",
      DeliveryStatusSuccessSamplingRate: "50",
      MonthlySpendLimit: "0",
      UsageReportS3Bucket: "reports",
    };
    const empty = Object.fromEntries(Object.keys(attributes).map((name) => [name, ""]));
    await send(new SetSMSAttributesCommand({ attributes }));
    await send(new SetSMSAttributesCommand({ attributes: empty }));
    expect((await send(new GetSMSAttributesCommand({}))).attributes).toEqual({ MonthlySpendLimit: "1" });
  },
);

behaviour("an unknown SMS attribute is refused", PREFERENCES, async () => {
  const command = new SetSMSAttributesCommand({ attributes: { Colour: "red" } });
  await expect(send(command)).rejects.toMatchObject(refused("Colour is not a valid attribute"));
});

behaviour("an unknown SMS type is refused", PREFERENCES, async () => {
  const command = new SetSMSAttributesCommand({ attributes: { DefaultSMSType: "Shouted" } });
  await expect(send(command)).rejects.toMatchObject(refused("DefaultSMSType is invalid"));
});

behaviour("no phone number is opted out by default", OPTED_OUT, async () => {
  const command = new CheckIfPhoneNumberIsOptedOutCommand({ phoneNumber: PHONE });
  expect((await send(command)).isOptedOut).toBe(false);
  expect((await send(new ListPhoneNumbersOptedOutCommand({}))).phoneNumbers ?? []).toEqual([]);
  await send(new OptInPhoneNumberCommand({ phoneNumber: PHONE }));
});

behaviour("a new account is in the SMS sandbox", SANDBOX, async () => {
  expect((await send(new GetSMSSandboxAccountStatusCommand({}))).IsInSandbox).toBe(true);
});

behaviour("a sandbox phone number is verified by the code that was sent to it", SANDBOX, async () => {
  const PhoneNumber = "+15555550101";
  await send(new CreateSMSSandboxPhoneNumberCommand({ PhoneNumber }));
  const listed = async () => (await send(new ListSMSSandboxPhoneNumbersCommand({}))).PhoneNumbers;
  expect(await listed()).toEqual([{ PhoneNumber, Status: "Pending" }]);
  const wrong = new VerifySMSSandboxPhoneNumberCommand({ PhoneNumber, OneTimePassword: "00000" });
  await expect(send(wrong)).rejects.toMatchObject({ name: "VerificationException" });
  const OneTimePassword = /\d{6}/.exec((await cloud.letters())[0]!.body)![0];
  await send(new VerifySMSSandboxPhoneNumberCommand({ PhoneNumber, OneTimePassword }));
  expect(await listed()).toEqual([{ PhoneNumber, Status: "Verified" }]);
  await send(new DeleteSMSSandboxPhoneNumberCommand({ PhoneNumber }));
  expect((await listed()) ?? []).toEqual([]);
});

behaviour("ListSMSSandboxPhoneNumbers pages by token", SANDBOX, async () => {
  const numbers = ["+15555550111", "+15555550112", "+15555550113"];
  for (const PhoneNumber of numbers) await send(new CreateSMSSandboxPhoneNumberCommand({ PhoneNumber }));
  const list = (NextToken?: string) =>
    send(new ListSMSSandboxPhoneNumbersCommand({ MaxResults: 2, NextToken }));
  const first = await list();
  const second = await list(first.NextToken);
  const listed = [...first.PhoneNumbers!, ...second.PhoneNumbers!].map(({ PhoneNumber }) => PhoneNumber);
  expect(listed).toEqual(numbers);
  expect(second.NextToken).toBeUndefined();
  await expect(list(numbers[0])).rejects.toMatchObject(refused("Invalid parameter: NextToken"));
  const optedOut = new ListPhoneNumbersOptedOutCommand({ nextToken: "token" });
  await expect(send(optedOut)).rejects.toMatchObject(refused("Invalid parameter: nextToken"));
  for (const PhoneNumber of numbers) await send(new DeleteSMSSandboxPhoneNumberCommand({ PhoneNumber }));
});

behaviour(
  "ListOriginationNumbers is empty",
  doc("sns/latest/api/API_ListOriginationNumbers.html"),
  async () => {
    expect((await send(new ListOriginationNumbersCommand({}))).PhoneNumbers ?? []).toEqual([]);
  },
);

async function mailbox(Protocol: string, Endpoint: string) {
  const TopicArn = await cloud.topic({ DisplayName: "The News" });
  await send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
  await cloud.advance(1_000);
  const [confirmation] = await cloud.letters();
  return { TopicArn, confirmation: confirmation! };
}

behaviour("an e-mail subscription sends a confirmation link", MAIL, async () => {
  const { TopicArn, confirmation } = await mailbox("email", "a@example.com");
  expect(confirmation).toMatchObject({
    kind: "email",
    to: "a@example.com",
    subject: "AWS Notification - Subscription Confirmation",
    body: expect.stringContaining(`Action=ConfirmSubscription&TopicArn=${TopicArn}`),
  });
});

behaviour("a confirmed e-mail subscription delivers the message with an unsubscribe link", MAIL, async () => {
  const { TopicArn, confirmation } = await mailbox("email", "b@example.com");
  const link = /http\S+/.exec(confirmation.body)![0];
  expect((await fetch(link)).status).toBe(200);
  await send(new PublishCommand({ TopicArn, Message: "news", Subject: "subject" }));
  await cloud.advance(1_000);
  expect((await cloud.letters())[0]).toMatchObject({
    from: "The News",
    to: "b@example.com",
    subject: "subject",
    body: expect.stringMatching(/^news\n[\s\S]*Action=Unsubscribe/),
  });
});

behaviour("email-json delivers the envelope", MAIL, async () => {
  const { TopicArn, confirmation } = await mailbox("email-json", "c@example.com");
  await fetch(JSON.parse(confirmation.body).SubscribeURL);
  await send(new PublishCommand({ TopicArn, Message: "news" }));
  await cloud.advance(1_000);
  expect(JSON.parse((await cloud.letters())[0]!.body)).toMatchObject({
    Type: "Notification",
    Message: "news",
  });
});
