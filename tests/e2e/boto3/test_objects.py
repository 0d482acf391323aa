import io
import unittest

from botocore.exceptions import ClientError

from client import MB, patterned, resolve_localhost, s3


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bucket = s3("resource").create_bucket(Bucket="objects")

    def test_resources(self):
        thing = self.bucket.put_object(Key="dir/a b+ü", Body="grüße".encode(), Metadata={"made": "by hand"})
        self.assertEqual(thing.get()["Body"].read().decode(), "grüße")
        self.assertEqual(thing.metadata, {"made": "by hand"})
        self.assertEqual([found.key for found in self.bucket.objects.filter(Prefix="dir/")], ["dir/a b+ü"])
        copy = self.bucket.Object("copy")
        copy.copy_from(CopySource={"Bucket": "objects", "Key": "dir/a b+ü"})
        self.assertEqual(copy.content_length, 7)
        self.bucket.objects.filter(Prefix="dir/").delete()
        with self.assertRaises(ClientError) as raised:
            thing.load()
        self.assertEqual(raised.exception.response["Error"]["Code"], "404")
        thing.wait_until_not_exists()

    def test_bodies_are_read_in_any_pieces(self):
        content = patterned(200_000)
        self.bucket.put_object(Key="pieces", Body=content)
        get = lambda **more: s3().get_object(Bucket="objects", Key="pieces", **more)["Body"]
        body = get()
        self.assertEqual(body.read(10) + body.read(), content)
        self.assertEqual(b"".join(get().iter_chunks(1_000)), content)
        self.assertEqual(get(Range="bytes=-5").read(), content[-5:])
        with get() as left_early:
            left_early.read(1)

    def test_keys_come_back_as_they_were(self):
        bucket = s3("resource").create_bucket(Bucket="keys")
        keys = sorted(["a+b", "a b", "a%20b", "a/b//c", "ä🙂", "&<>\"'", "#?=;", "tab\there", "line\nbreak"], key=str.encode)
        for key in keys:
            bucket.put_object(Key=key, Body=key.encode())
        self.assertEqual([found.key for found in bucket.objects.all()], keys)
        self.assertEqual([found.key for found in bucket.objects.page_size(2)], keys)
        for key in keys:
            self.assertEqual(bucket.Object(key).get()["Body"].read(), key.encode())
        bucket.objects.all().delete()
        bucket.delete()

    def test_versions(self):
        bucket = s3("resource").create_bucket(Bucket="versions")
        bucket.Versioning().enable()
        bucket.put_object(Key="k", Body=b"one")
        bucket.put_object(Key="k", Body=b"two")
        bucket.Object("k").delete()
        found = list(bucket.object_versions.filter(Prefix="k"))
        self.assertEqual(len(found), 3)
        bodies = [version.get()["Body"].read() for version in found if version.e_tag]
        self.assertEqual(bodies, [b"two", b"one"])
        bucket.object_versions.delete()
        self.assertEqual(list(bucket.object_versions.all()), [])
        bucket.delete()

    def test_errors(self):
        client = s3()
        with self.assertRaises(client.exceptions.NoSuchKey):
            client.get_object(Bucket="objects", Key="missing")
        with self.assertRaises(client.exceptions.NoSuchBucket):
            client.list_objects_v2(Bucket="no-such-bucket")
        client.create_bucket(Bucket="objects")  # in us-east-1 that is no error
        with self.assertRaises(client.exceptions.BucketAlreadyOwnedByYou):
            s3("client", region_name="eu-west-1").create_bucket(
                Bucket="objects", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )


class VirtualHosts(unittest.TestCase):
    def test_the_bucket_in_the_host(self):
        resolve_localhost()
        client = s3(s3={"addressing_style": "virtual"})
        client.create_bucket(Bucket="hosted")
        hosts = []
        client.meta.events.register("before-send.s3", lambda request, **_: hosts.append(request.url.split("/")[2]))
        client.upload_fileobj(io.BytesIO(patterned(9 * MB)), "hosted", "dir/a b")
        self.assertEqual(client.get_object(Bucket="hosted", Key="dir/a b")["Body"].read(), patterned(9 * MB))
        self.assertEqual(client.list_objects_v2(Bucket="hosted")["KeyCount"], 1)
        self.assertTrue(all(host.startswith("hosted.localhost:") for host in hosts), hosts)


if __name__ == "__main__":
    unittest.main()
