import unittest
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary, TypeSerializer
from botocore.exceptions import ClientError


class Tables(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dynamodb = boto3.resource("dynamodb")
        cls.table = cls.dynamodb.create_table(
            TableName="games",
            AttributeDefinitions=[
                {"AttributeName": "player", "AttributeType": "S"},
                {"AttributeName": "round", "AttributeType": "N"},
                {"AttributeName": "game", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "player", "KeyType": "HASH"},
                {"AttributeName": "round", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-game",
                    "KeySchema": [{"AttributeName": "game", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        cls.table.wait_until_exists()

    def test_an_item_comes_back_as_it_went(self):
        item = {
            "player": "ada",
            "round": Decimal("1"),
            "score": Decimal("12.50"),
            "won": True,
            "note": None,
            "moves": ["e4", {"by": Decimal("2")}],
            "badges": {"new", "vip"},
            "numbers": {Decimal("1"), Decimal("2.5")},
            "blob": Binary(b"\x00\xff"),
            "empty": {"text": "", "list": [], "map": {}},
        }
        self.table.put_item(Item=item)
        found = self.table.get_item(Key={"player": "ada", "round": 1}, ConsistentRead=True)["Item"]
        self.assertEqual(found, item)
        self.assertEqual(str(found["score"]), "12.5")

    def test_conditions_are_built_for_one(self):
        with self.table.batch_writer() as batch:
            for number in range(60):
                batch.put_item(Item={"player": "bob", "round": number, "game": "go" if number % 3 else "chess"})
        answer = self.table.query(
            KeyConditionExpression=Key("player").eq("bob") & Key("round").between(10, 39),
            FilterExpression=Attr("game").eq("chess") & Attr("missing").not_exists(),
            ScanIndexForward=False,
        )
        self.assertEqual([int(item["round"]) for item in answer["Items"]], list(range(39, 10, -3)))
        self.assertEqual(answer["ScannedCount"], 30)
        by_game = self.table.query(IndexName="by-game", KeyConditionExpression=Key("game").eq("chess"))
        self.assertEqual(by_game["Count"], 20)

    def test_a_batch_writer_overwrites_what_comes_twice(self):
        with self.table.batch_writer(overwrite_by_pkeys=["player", "round"]) as batch:
            for number in range(30):
                batch.put_item(Item={"player": "carol", "round": number % 10, "last": number})
            batch.delete_item(Key={"player": "carol", "round": 9})
        items = self.table.query(KeyConditionExpression=Key("player").eq("carol"))["Items"]
        self.assertEqual([int(item["last"]) for item in items], list(range(20, 29)))

    def test_an_update_counts_under_a_condition(self):
        def count():
            return self.table.update_item(
                Key={"player": "dora", "round": 1},
                UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one",
                ConditionExpression=Attr("n").not_exists() | Attr("n").lt(2),
                ExpressionAttributeNames={"#n": "n"},
                ExpressionAttributeValues={":zero": 0, ":one": 1},
                ReturnValues="UPDATED_NEW",
            )["Attributes"]["n"]

        self.assertEqual([count(), count()], [1, 2])
        with self.assertRaises(self.dynamodb.meta.client.exceptions.ConditionalCheckFailedException):
            count()

    def test_pages_are_gone_through(self):
        with self.table.batch_writer() as batch:
            for number in range(25):
                batch.put_item(Item={"player": "erin", "round": number})
        pages = self.dynamodb.meta.client.get_paginator("query").paginate(
            TableName="games",
            KeyConditionExpression=Key("player").eq("erin"),
            PaginationConfig={"PageSize": 7},
        )
        counts = [page["Count"] for page in pages]
        self.assertEqual(counts, [7, 7, 7, 4])

    def test_a_batch_is_got(self):
        self.table.put_item(Item={"player": "fred", "round": 1})
        keys = [{"player": "fred", "round": number} for number in (1, 2)]
        answer = self.dynamodb.batch_get_item(RequestItems={"games": {"Keys": keys, "ConsistentRead": True}})
        self.assertEqual(answer["Responses"]["games"], [{"player": "fred", "round": 1}])
        self.assertEqual(answer["UnprocessedKeys"], {})

    def test_a_transaction_happens_whole_or_not_at_all(self):
        client = boto3.client("dynamodb")
        item = lambda number: {"player": {"S": "gina"}, "round": {"N": str(number)}}
        put = lambda number, **more: {"Put": {"TableName": "games", "Item": item(number), **more}}
        client.transact_write_items(TransactItems=[put(1), put(2)])
        with self.assertRaises(client.exceptions.TransactionCanceledException) as raised:
            client.transact_write_items(
                TransactItems=[put(3), put(1, ConditionExpression="attribute_not_exists(player)")]
            )
        codes = [reason["Code"] for reason in raised.exception.response["CancellationReasons"]]
        self.assertEqual(codes, ["None", "ConditionalCheckFailed"])
        self.assertEqual(self.table.query(KeyConditionExpression=Key("player").eq("gina"))["Count"], 2)

    def test_statements(self):
        client = boto3.client("dynamodb")
        serialize = TypeSerializer().serialize
        client.execute_statement(Statement="INSERT INTO games VALUE {'player': 'hans', 'round': 1, 'tags': <<'a'>>}")
        client.execute_statement(
            Statement="UPDATE games SET score = ? WHERE player = 'hans' AND round = 1", Parameters=[serialize(5)]
        )
        found = client.execute_statement(Statement="SELECT score, tags FROM games WHERE player = 'hans'")
        self.assertEqual(found["Items"], [{"score": {"N": "5"}, "tags": {"SS": ["a"]}}])
        with self.assertRaises(client.exceptions.DuplicateItemException):
            client.execute_statement(Statement="INSERT INTO games VALUE {'player': 'hans', 'round': 1}")

    def test_errors_name_what_is_wrong(self):
        with self.assertRaises(ClientError) as raised:
            self.table.get_item(Key={"player": "ada"})
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], "ValidationException")
        self.assertEqual(error["Message"], "The provided key element does not match the schema")
        with self.assertRaises(self.dynamodb.meta.client.exceptions.ResourceNotFoundException):
            self.dynamodb.Table("none").load()

    def test_a_table_tells_of_itself_and_goes(self):
        table = self.dynamodb.create_table(
            TableName="short",
            AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
        )
        table.wait_until_exists()
        table.load()
        self.assertEqual([table.table_status, table.item_count], ["ACTIVE", 0])
        self.assertEqual(table.provisioned_throughput["WriteCapacityUnits"], 2)
        self.assertIn("short", [found.name for found in self.dynamodb.tables.all()])
        table.delete()
        table.wait_until_not_exists()
        self.assertNotIn("short", [found.name for found in self.dynamodb.tables.all()])


if __name__ == "__main__":
    unittest.main()
