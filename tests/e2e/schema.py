"""schemas/dragoman.proto as the stock protobuf library reads it."""

import pathlib
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"


def describe(folder, *more, schema=None):
    """The descriptor of the schema, or of another text."""
    out = folder / "set"
    if schema is None:
        source = SCHEMAS
    else:
        source = folder / "source"
        source.mkdir(exist_ok=True)
        (source / "dragoman.proto").write_text(schema, encoding="utf-8")
    subprocess.run(["protoc", f"--proto_path={source}", f"--descriptor_set_out={out}", *more, "dragoman.proto"],
                   check=True)
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file[0]


def read_schema(folder):
    """The class of a Report."""
    return report_class(describe(folder))


def report_class(file):
    """The class of a Report of this descriptor."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("dragoman.v1.Report"))
