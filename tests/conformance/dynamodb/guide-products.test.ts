import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, S } from "./client.ts";
import { outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "ProductCatalog";
withTable(TableName, {
  AttributeDefinitions: [{ AttributeName: "Id", AttributeType: "N" }],
  KeySchema: [{ AttributeName: "Id", KeyType: "HASH" }],
});

const L = (...elements: AttributeValue[]): AttributeValue => ({ L: elements });
const M = (members: Item): AttributeValue => ({ M: members });
const put = (Item: Item, more: object = {}) => send(new PutItemCommand({ TableName, Item, ...more }));

/** The bicycle in the examples of the guide's pages on expressions. */
const bicycle: Item = {
  Id: N(123),
  Title: S("Bicycle 123"),
  Description: S("123 description"),
  BicycleType: S("Hybrid"),
  Brand: S("Brand-Company C"),
  Price: N(500),
  Color: { SS: ["Black", "Red"] },
  ProductCategory: S("Bicycle"),
  InStock: { BOOL: true },
  QuantityOnHand: { NULL: true },
  RelatedItems: L(N(341), N(472), N(649)),
  Pictures: M({
    FrontView: S("http://example.com/products/123_front.jpg"),
    RearView: S("http://example.com/products/123_rear.jpg"),
  }),
  ProductReviews: M({
    FiveStar: L(
      S("Excellent! Can't recommend it highly enough! Buy it!"),
      S("Do yourself a favor and buy this."),
    ),
    OneStar: L(S("Terrible product! Do not buy this.")),
  }),
  Comment: S("This product sells out quickly during the summer"),
  "Safety.Warning": S("Always wear a helmet"),
};
const { FiveStar, OneStar } = bicycle.ProductReviews!.M!;

const names = guide("Expressions.ExpressionAttributeNames");
const paths = guide("Expressions.Attributes");
const projections = guide("Expressions.ProjectionExpressions");

for (const [source, ProjectionExpression, ExpressionAttributeNames, expected] of [
  [
    projections,
    "Description, RelatedItems[0], ProductReviews.FiveStar",
    undefined,
    {
      Description: bicycle.Description,
      RelatedItems: L(N(341)),
      ProductReviews: M({ FiveStar: FiveStar! }),
    },
  ],
  [paths, "RelatedItems[2]", undefined, { RelatedItems: L(N(649)) }],
  [paths, "Pictures.FrontView", undefined, { Pictures: M({ FrontView: bicycle.Pictures!.M!.FrontView! }) }],
  [
    paths,
    "ProductReviews.FiveStar[0]",
    undefined,
    {
      ProductReviews: M({ FiveStar: L(FiveStar!.L![0]!) }),
    },
  ],
  [names, "#c", { "#c": "Comment" }, { Comment: bicycle.Comment }],
  [names, "Safety.Warning", undefined, {}],
  [names, "#sw", { "#sw": "Safety.Warning" }, { "Safety.Warning": bicycle["Safety.Warning"] }],
  [names, "ProductReviews.OneStar", undefined, { ProductReviews: M({ OneStar: OneStar! }) }],
  [names, "#pr1star", { "#pr1star": "ProductReviews.OneStar" }, {}],
  [
    names,
    "#pr.#1star",
    { "#pr": "ProductReviews", "#1star": "OneStar" },
    {
      ProductReviews: M({ OneStar: OneStar! }),
    },
  ],
  [
    names,
    "#pr.FiveStar, #pr.ThreeStar, #pr.OneStar",
    { "#pr": "ProductReviews" },
    {
      ProductReviews: M({ FiveStar: FiveStar!, OneStar: OneStar! }),
    },
  ],
] as const)
  behaviour(`GetItem returns ${ProjectionExpression} of a product`, source, async () => {
    await put(bicycle);
    const { Item } = await send(
      new GetItemCommand({ TableName, Key: { Id: N(123) }, ProjectionExpression, ExpressionAttributeNames }),
    );
    expect(Item).toEqual(expected);
  });

for (const [ProjectionExpression, message] of [
  ["Comment", "Attribute name is a reserved keyword; reserved keyword: Comment"],
  ["RelatedItems[-1]", "Syntax error; "],
  ["RelatedItems[0.4]", "Syntax error; "],
] as const)
  behaviour(`a projection refuses ${ProjectionExpression}`, paths, async () => {
    const Key = { Id: N(123) };
    const [name, why] = await outcome(send(new GetItemCommand({ TableName, Key, ProjectionExpression })));
    expect(name).toBe("ValidationException");
    expect(why).toMatch(`Invalid ProjectionExpression: ${message}`);
  });

const conditions = guide("Expressions.ConditionExpressions");
const failed = ["ConditionalCheckFailedException", "The conditional request failed"];
const ball: Item = { Id: N(456), ProductCategory: S("Sporting Goods"), Price: N(650) };

for (const [ConditionExpression, values, isMet] of [
  ["attribute_not_exists(Price)", undefined, false],
  ["attribute_exists(ProductReviews.OneStar)", undefined, false],
  [
    "(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)",
    { ":cat1": S("Sporting Goods"), ":cat2": S("Gardening Supplies"), ":lo": N(500), ":hi": N(600) },
    false,
  ],
  [
    "(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)",
    { ":cat1": S("Sporting Goods"), ":cat2": S("Gardening Supplies"), ":lo": N(500), ":hi": N(650) },
    true,
  ],
] as const)
  behaviour(`DeleteItem ${isMet ? "succeeds" : "fails"} if ${ConditionExpression}`, conditions, async () => {
    await put(ball);
    const deletion = send(
      new DeleteItemCommand({
        TableName,
        Key: { Id: N(456) },
        ConditionExpression,
        ExpressionAttributeValues: values,
      }),
    );
    expect(await outcome(deletion)).toEqual(isMet ? "accepted" : failed);
  });

behaviour("an item whose key must not exist is not overwritten", conditions, async () => {
  await put(ball);
  expect(await outcome(put(ball, { ConditionExpression: "attribute_not_exists(Id)" }))).toEqual(failed);
});

behaviour("a price is lowered until its condition fails", conditions, async () => {
  await put(ball);
  const discount = () =>
    send(
      new UpdateItemCommand({
        TableName,
        Key: { Id: N(456) },
        UpdateExpression: "SET Price = Price - :discount",
        ConditionExpression: "Price > :limit",
        ExpressionAttributeValues: { ":discount": N(75), ":limit": N(500) },
        ReturnValues: "UPDATED_NEW",
      }),
    );
  expect((await discount()).Attributes).toEqual({ Price: N(575) });
  expect((await discount()).Attributes).toEqual({ Price: N(500) });
  expect(await outcome(discount())).toEqual(failed);
});

/** Successive updates of one item. */
const UPDATES: [string, Item | undefined, Item][] = [
  [
    "SET ProductCategory = :c, Price = :p",
    { ":c": S("Hardware"), ":p": N(60) },
    {
      ProductCategory: S("Hardware"),
      Price: N(60),
    },
  ],
  [
    "SET RelatedItems = :ri, ProductReviews = :pr",
    { ":ri": L(S("Hammer")), ":pr": M({ FiveStar: L(S("Best product ever!")) }) },
    { RelatedItems: L(S("Hammer")), ProductReviews: M({ FiveStar: L(S("Best product ever!")) }) },
  ],
  ["SET RelatedItems[1] = :ri", { ":ri": S("Nails") }, { RelatedItems: L(S("Hammer"), S("Nails")) }],
  [
    "SET ProductReviews.FiveStar[1] = :r5, ProductReviews.ThreeStar = :r3",
    { ":r5": S("Very happy with my purchase"), ":r3": L(S("Just OK - not that great")) },
    {
      ProductReviews: M({
        FiveStar: L(S("Best product ever!"), S("Very happy with my purchase")),
        ThreeStar: L(S("Just OK - not that great")),
      }),
    },
  ],
  ["SET Price = Price - :p", { ":p": N(15) }, { Price: N(45) }],
  [
    "SET RelatedItems = list_append(RelatedItems, :vals)",
    { ":vals": L(S("Screwdriver"), S("Hacksaw")) },
    { RelatedItems: L(S("Hammer"), S("Nails"), S("Screwdriver"), S("Hacksaw")) },
  ],
  [
    "SET RelatedItems = list_append(:vals, RelatedItems)",
    { ":vals": L(S("Chisel")) },
    { RelatedItems: L(S("Chisel"), S("Hammer"), S("Nails"), S("Screwdriver"), S("Hacksaw")) },
  ],
  ["SET Price = if_not_exists(Price, :p)", { ":p": N(100) }, { Price: N(45) }],
  [
    "REMOVE RelatedItems[1], RelatedItems[2]",
    undefined,
    { RelatedItems: L(S("Chisel"), S("Screwdriver"), S("Hacksaw")) },
  ],
  ["ADD QuantityOnHand :q", { ":q": N(5) }, { QuantityOnHand: N(5) }],
  ["ADD QuantityOnHand :q", { ":q": N(5) }, { QuantityOnHand: N(10) }],
  ["ADD Color :c", { ":c": { SS: ["Orange", "Purple"] } }, { Color: { SS: ["Orange", "Purple"] } }],
  [
    "ADD Color :c",
    { ":c": { SS: ["Yellow", "Green", "Blue"] } },
    {
      Color: { SS: ["Blue", "Green", "Orange", "Purple", "Yellow"] },
    },
  ],
  ["DELETE Color :p", { ":p": { SS: ["Yellow", "Purple"] } }, { Color: { SS: ["Blue", "Green", "Orange"] } }],
];

behaviour(
  "the updates of the guide change an item step by step",
  guide("Expressions.UpdateExpressions"),
  async () => {
    const Key = { Id: N(789) };
    await put({
      ...Key,
      ProductCategory: S("Home Improvement"),
      Price: N(52),
      InStock: { BOOL: true },
      Brand: S("Acme"),
    });
    for (const [UpdateExpression, ExpressionAttributeValues, expected] of UPDATES) {
      const { Attributes } = await send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression,
          ExpressionAttributeValues,
          ReturnValues: "ALL_NEW",
        }),
      );
      if (Attributes?.Color?.SS) Attributes.Color.SS.sort();
      expect(Attributes, UpdateExpression).toMatchObject(expected);
    }
    const { Attributes } = await send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: "REMOVE Brand, InStock, QuantityOnHand",
        ReturnValues: "ALL_NEW",
      }),
    );
    expect(Object.keys(Attributes!).toSorted()).toEqual(
      ["Color", "Id", "Price", "ProductCategory", "ProductReviews", "RelatedItems"].toSorted(),
    );
  },
);
