using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The tree's digest at every 128th zxid: <c>hash</c>. The digests are our own, comparable between our servers only.</summary>
internal sealed class HashCommand() : Command("hash"), IFourLetterWord
{
    // Not ZooKeeper's 2, since the hash is not.
    private const int DigestVersion = 100;

    public string Word => "hash";

    public void WriteText(StringBuilder text, Question question)
    {
        foreach ((long zxid, ulong digest) in question.Facts.Digests())
        {
            text.Append(CultureInfo.InvariantCulture, $"{zxid:x}: {(long)digest}\n");
        }
    }

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteStartArray("digests");
        foreach ((long zxid, ulong digest) in question.Facts.Digests())
        {
            json.WriteStartObject();
            json.WriteNumber("zxid", zxid);
            json.WriteNumber("digest", (long)digest);
            json.WriteNumber("digest_version", DigestVersion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        return null;
    }
}
