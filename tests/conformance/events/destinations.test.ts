import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  DeauthorizeConnectionCommand,
  DeleteApiDestinationCommand,
  DeleteConnectionCommand,
  DescribeApiDestinationCommand,
  DescribeConnectionCommand,
  EventBridgeClient,
  ListApiDestinationsCommand,
  ListConnectionsCommand,
  UpdateConnectionCommand,
} from "@aws-sdk/client-eventbridge";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, arn, guide, invalid, name, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);

const PREFLIGHT = "https://github.com/badmintoncryer/cdk-preflight";

describe("quotas", () => {
  const limit = {
    name: "LimitExceededException",
    message: "The requested resource exceeds the maximum number allowed.",
  };
  behaviour(
    "an account has at most 3,000 connections and 3,000 API destinations",
    guide("eb-quota"),
    async () => {
      const region = "eu-west-3";
      const client = new EventBridgeClient(cloud.client({ region }));
      const connect = (n: number) =>
        client.send(
          new CreateConnectionCommand({
            Name: `c${n}`,
            AuthorizationType: "BASIC",
            AuthParameters: { BasicAuthParameters: { Username: "u", Password: "p" } },
          }),
        );
      const { ConnectionArn } = await connect(0);
      const lead = (n: number) =>
        client.send(
          new CreateApiDestinationCommand({
            Name: `d${n}`,
            ConnectionArn,
            InvocationEndpoint: "https://example.com/",
            HttpMethod: "POST",
          }),
        );
      for (let n = 0; n < 3_000; n += 20)
        await Promise.all(
          Array.from({ length: 20 }, (_, k) => [n + k > 0 && connect(n + k), lead(n + k)]).flat(),
        );
      await expect(connect(3_000)).rejects.toMatchObject(limit);
      await expect(lead(3_000)).rejects.toMatchObject(limit);
      await client.send(new DeleteConnectionCommand({ Name: "c7" }));
      await connect(3_000);
      await client.send(new DeleteApiDestinationCommand({ Name: "d7" }));
      await lead(3_000);
    },
  );
});

describe("API destinations", () => {
  const connect = async () => {
    const Name = name("connection");
    const AuthParameters = { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "secret" } };
    const created = await send(
      new CreateConnectionCommand({ Name, AuthorizationType: "API_KEY", AuthParameters }),
    );
    return { Name, ConnectionArn: created.ConnectionArn! };
  };
  behaviour("a connection's ARN ends with a unique ID", api("CreateConnection"), async () => {
    const { Name, ConnectionArn } = await connect();
    expect(ConnectionArn).toMatch(new RegExp(`^${arn(`connection/${Name}/`)}[0-9a-f-]{36}$`));
  });
  behaviour("DescribeConnection omits secrets", api("DescribeConnection"), async () => {
    const { Name } = await connect();
    expect(await send(new DescribeConnectionCommand({ Name }))).toMatchObject({
      ConnectionState: "AUTHORIZED",
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key" } },
    });
    expect(JSON.stringify(await send(new DescribeConnectionCommand({ Name })))).not.toContain('"secret"');
  });
  behaviour("DescribeConnection returns the ARN of the secret", api("DescribeConnection"), async () => {
    const { Name, ConnectionArn } = await connect();
    const id = ConnectionArn.split("/").at(-1);
    expect((await send(new DescribeConnectionCommand({ Name }))).SecretArn).toMatch(
      new RegExp(
        `^arn:aws:secretsmanager:us-east-1:\\d{12}:secret:events!connection/${Name}/${id}-[a-zA-Z0-9]{6}$`,
      ),
    );
  });
  behaviour(
    "DescribeConnection returns the KMS key that was named last",
    api("DescribeConnection"),
    async () => {
      const { Name } = await connect();
      const key = async () => (await send(new DescribeConnectionCommand({ Name }))).KmsKeyIdentifier;
      expect(await key()).toBeUndefined();
      await send(new UpdateConnectionCommand({ Name, KmsKeyIdentifier: "alias/mine" }));
      await send(new UpdateConnectionCommand({ Name, Description: "changed" }));
      expect(await key()).toBe("alias/mine");
    },
  );
  behaviour("an OAuth connection is AUTHORIZING first", api("CreateConnection"), async () => {
    const created = await send(
      new CreateConnectionCommand({
        Name: name("connection"),
        AuthorizationType: "OAUTH_CLIENT_CREDENTIALS",
        AuthParameters: {
          OAuthParameters: {
            AuthorizationEndpoint: "https://example.com/token",
            HttpMethod: "POST",
            ClientParameters: { ClientID: "id", ClientSecret: "secret" },
          },
        },
      }),
    );
    expect(created.ConnectionState).toBe("AUTHORIZING");
  });
  behaviour(
    "changing the authorization type removes the former parameters",
    api("UpdateConnection"),
    async () => {
      const { Name } = await connect();
      const AuthParameters = { BasicAuthParameters: { Username: "user", Password: "secret" } };
      await send(new UpdateConnectionCommand({ Name, AuthorizationType: "BASIC", AuthParameters }));
      expect((await send(new DescribeConnectionCommand({ Name }))).AuthParameters).toEqual({
        BasicAuthParameters: { Username: "user" },
      });
    },
  );
  for (const [AuthorizationType, AuthParameters] of [
    ["BASIC", { BasicAuthParameters: { Username: "user" } }],
    ["OAUTH_CLIENT_CREDENTIALS", { OAuthParameters: { HttpMethod: "POST" } }],
    ["OAUTH_CLIENT_CREDENTIALS", { OAuthParameters: { ClientParameters: { ClientID: "id" } } }],
    ["API_KEY", { OAuthParameters: { HttpMethod: "POST" } }],
  ] as const) {
    behaviour(
      `changing the authorization type requires all parameters: ${JSON.stringify(AuthParameters)}`,
      api("UpdateConnection"),
      async () => {
        const { Name } = await connect();
        const update = new UpdateConnectionCommand({ Name, AuthorizationType, AuthParameters });
        await expect(send(update)).rejects.toMatchObject({
          name: "ValidationException",
          $metadata: { httpStatusCode: 400 },
        });
      },
    );
  }
  behaviour("a connection's times have whole seconds", api("DescribeConnection"), async () => {
    const { CreationTime, LastModifiedTime, LastAuthorizedTime } = await send(
      new DescribeConnectionCommand({ Name: (await connect()).Name }),
    );
    for (const time of [CreationTime, LastModifiedTime, LastAuthorizedTime])
      expect(time!.getTime() % 1_000).toBe(0);
  });
  behaviour("changing the description does not authorize again", api("UpdateConnection"), async () => {
    const { Name } = await connect();
    await cloud.advance(60_000);
    const described = await send(new UpdateConnectionCommand({ Name, Description: "other" }));
    expect(described.LastModifiedTime!.getTime()).toBeGreaterThan(described.LastAuthorizedTime!.getTime());
    await send(new DeauthorizeConnectionCommand({ Name }));
    expect(await send(new UpdateConnectionCommand({ Name, Description: "again" }))).toMatchObject({
      ConnectionState: "DEAUTHORIZED",
    });
  });
  behaviour("ListConnections filters by prefix", api("ListConnections"), async () => {
    const { Name } = await connect();
    const { Connections } = await send(new ListConnectionsCommand({ NamePrefix: Name }));
    expect(Connections!.map((one) => one.Name)).toEqual([Name]);
  });
  behaviour("DeleteConnection returns the state DELETING", api("DeleteConnection"), async () => {
    const { Name } = await connect();
    await cloud.advance(60_000);
    const gone = await send(new DeleteConnectionCommand({ Name }));
    expect(gone.LastModifiedTime!.getTime()).toBeGreaterThan(gone.LastAuthorizedTime!.getTime());
    expect(gone.ConnectionState).toBe("DELETING");
    expect(gone.LastAuthorizedTime).toBeInstanceOf(Date);
    await expect(send(new DescribeConnectionCommand({ Name }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
  behaviour(
    "an API destination is active with its connection, and allows 300 invocations per second by default",
    api("CreateApiDestination"),
    async () => {
      const { ConnectionArn } = await connect();
      const Name = name("destination");
      const created = await send(
        new CreateApiDestinationCommand({
          Name,
          ConnectionArn,
          InvocationEndpoint: "https://example.com/*",
          HttpMethod: "POST",
        }),
      );
      expect(created.ApiDestinationState).toBe("ACTIVE");
      expect(await send(new DescribeApiDestinationCommand({ Name }))).toMatchObject({
        ConnectionArn,
        HttpMethod: "POST",
        InvocationEndpoint: "https://example.com/*",
        InvocationRateLimitPerSecond: 300,
      });
      const { ApiDestinations } = await send(new ListApiDestinationsCommand({ ConnectionArn }));
      expect(ApiDestinations!.map((one) => one.Name)).toEqual([Name]);
    },
  );
  behaviour("an API destination requires an existing connection", api("CreateApiDestination"), async () => {
    await expect(
      send(
        new CreateApiDestinationCommand({
          Name: name("destination"),
          ConnectionArn: arn("connection/none/00000000-0000-0000-0000-000000000000"),
          InvocationEndpoint: "https://example.com",
          HttpMethod: "GET",
        }),
      ),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
  behaviour("an endpoint must be a URL", PREFLIGHT, async () => {
    const { ConnectionArn } = await connect();
    const InvocationEndpoint = "ftp://example.com/x";
    await expect(
      send(
        new CreateApiDestinationCommand({
          Name: name("destination"),
          ConnectionArn,
          InvocationEndpoint,
          HttpMethod: "POST",
        }),
      ),
    ).rejects.toMatchObject(
      invalid(
        `Parameter InvocationEndpoint is not valid. Reason: Endpoint '${InvocationEndpoint}' is not valid.`,
      ),
    );
  });
  behaviour("the connection must be in the same Region", api("CreateApiDestination"), async () => {
    const { ConnectionArn } = await connect();
    const there = ConnectionArn.replace("us-east-1", "us-west-2");
    await expect(
      send(
        new CreateApiDestinationCommand({
          Name: name("destination"),
          ConnectionArn: there,
          InvocationEndpoint: "https://example.com",
          HttpMethod: "POST",
        }),
      ),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
  behaviour(
    "an API destination keeps the ARN of a deleted connection",
    api("DescribeApiDestination"),
    async () => {
      const { Name, ConnectionArn } = await connect();
      const InvocationEndpoint = "https://example.com";
      await send(
        new CreateApiDestinationCommand({ Name, ConnectionArn, InvocationEndpoint, HttpMethod: "POST" }),
      );
      await send(new DeleteConnectionCommand({ Name }));
      expect(await send(new DescribeApiDestinationCommand({ Name }))).toMatchObject({
        ApiDestinationState: "INACTIVE",
        ConnectionArn,
      });
    },
  );
  behaviour("a connection requires the parameters of its type", PREFLIGHT, async () => {
    for (const [AuthorizationType, member] of [
      ["BASIC", "BasicAuthParameters"],
      ["OAUTH_CLIENT_CREDENTIALS", "OAuthParameters"],
    ] as const) {
      const AuthParameters = { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "secret" } };
      await expect(
        send(new CreateConnectionCommand({ Name: name("connection"), AuthorizationType, AuthParameters })),
      ).rejects.toMatchObject(
        invalid(`Parameter ${member} is not valid. Reason: Missing required field(s).`),
      );
    }
  });
  behaviour(
    "all validation errors of an API destination are reported at once",
    api("CreateApiDestination"),
    async () => {
      await expect(
        send(
          new CreateApiDestinationCommand({
            Name: name("destination"),
            ConnectionArn: "none",
            InvocationEndpoint: "https://example.com",
            HttpMethod: "CALL" as never,
          }),
        ),
      ).rejects.toMatchObject(
        invalid(
          /^2 validation errors detected: .*Value 'CALL' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: \[HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS\]$/,
        ),
      );
    },
  );
});
