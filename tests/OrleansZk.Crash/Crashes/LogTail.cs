using System.Buffers.Binary;

namespace OrleansZk.Crash.Crashes;

/// <summary>The end of a stopped server's log, for damages that a crash can leave. Knows of the format only where a record ends.</summary>
internal static class LogTail
{
    /// <summary>Where the first record of a segment begins.</summary>
    public const int FirstRecord = 64;

    private const int RecordHeaderLength = 40;

    /// <summary>The last segment and the end of its last record.</summary>
    public static (string File, long End) Find(ServerProcess server)
    {
        string file = Directory.GetFiles(Path.Combine(server.DataFolder, "data", "log"), "*.log")
            .Where(path => Path.GetFileNameWithoutExtension(path).Length == 16).Order(StringComparer.Ordinal).Last();
        return (file, EndOfRecords(File.ReadAllBytes(file)));
    }

    /// <summary>Writes bytes that are no record behind the last one.</summary>
    public static void AppendGarbage(ServerProcess server, Random random)
    {
        (string file, long end) = Find(server);
        byte[] garbage = new byte[1 + random.Next(300)];
        random.NextBytes(garbage);
        garbage[^1] |= 1;
        using FileStream stream = File.OpenWrite(file);
        stream.Position = end;
        stream.Write(garbage);
    }

    /// <summary>Takes away everything from a position on, as if it had never reached the disk.</summary>
    /// <param name="zeros">True leaves the file its length.</param>
    public static void Cut(string file, long position, bool zeros)
    {
        using FileStream stream = File.OpenWrite(file);
        long length = stream.Length;
        stream.SetLength(position);
        if (zeros)
        {
            stream.SetLength(length);
        }
    }

    private static long EndOfRecords(byte[] bytes)
    {
        long at = FirstRecord;
        while (at + RecordHeaderLength <= bytes.Length)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan((int)at));
            int kind = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan((int)at + 4));
            long next = at + RecordHeaderLength + length + (-length & 7);
            if (kind is not (1 or 2) || length < 0 || next > bytes.Length)
            {
                break;
            }

            at = next;
        }

        return at;
    }
}
