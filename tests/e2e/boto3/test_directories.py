"""Directory buckets, whose sessions boto3 creates by itself."""

import io
import unittest

from botocore.exceptions import ClientError

from client import MB, patterned, resolve_localhost, s3

BUCKET = "boto--use1-az4--x-s3"


class Directories(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        resolve_localhost()
        cls.s3 = s3()
        cls.s3.create_bucket(
            Bucket=BUCKET,
            CreateBucketConfiguration={
                "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
                "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
            },
        )

    def test_is_listed_apart(self):
        names = [bucket["Name"] for bucket in self.s3.list_directory_buckets()["Buckets"]]
        self.assertIn(BUCKET, names)
        self.assertNotIn(BUCKET, [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])

    def test_transfers_in_parts(self):
        data = patterned(17 * MB)
        self.s3.upload_fileobj(io.BytesIO(data), BUCKET, "dir/large")
        found = io.BytesIO()
        self.s3.download_fileobj(BUCKET, "dir/large", found)
        self.assertEqual(found.getvalue(), data)
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
        self.assertEqual(listed["CommonPrefixes"], [{"Prefix": "dir/"}])

    def test_appends_and_renames(self):
        self.s3.put_object(Bucket=BUCKET, Key="log", Body=b"one", WriteOffsetBytes=0)
        self.assertEqual(self.s3.put_object(Bucket=BUCKET, Key="log", Body=b" two", WriteOffsetBytes=3)["Size"], 7)
        self.s3.rename_object(Bucket=BUCKET, Key="renamed", RenameSource="log")
        found = self.s3.get_object(Bucket=BUCKET, Key="renamed")
        self.assertEqual((found["Body"].read(), found["StorageClass"]), (b"one two", "EXPRESS_ONEZONE"))

    def test_copies_without_a_session(self):
        self.s3.put_object(Bucket=BUCKET, Key="from", Body=b"copied")
        self.s3.copy_object(Bucket=BUCKET, Key="to", CopySource={"Bucket": BUCKET, "Key": "from"})
        self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key="to")["Body"].read(), b"copied")

    def test_deletes_many(self):
        for key in ("many/a", "many/b"):
            self.s3.put_object(Bucket=BUCKET, Key=key)
        objects = [{"Key": "many/a"}, {"Key": "many/b"}]
        self.assertEqual(len(self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})["Deleted"]), 2)

    def test_refuses_what_it_does_not_support(self):
        with self.assertRaises(ClientError) as refusal:
            self.s3.put_object(Bucket=BUCKET, Key="k", Tagging="a=b")
        self.assertEqual(refusal.exception.response["Error"]["Code"], "NotImplemented")


if __name__ == "__main__":
    unittest.main()
