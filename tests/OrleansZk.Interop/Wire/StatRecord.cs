namespace OrleansZk.Interop.Wire;

/// <summary>A node's Stat, field by field as on the wire.</summary>
public sealed record StatRecord(
    long Czxid, long Mzxid, long Ctime, long Mtime, int Version, int Cversion, int Aversion, long Owner, int DataLength, int Children, long Pzxid)
{
    public static StatRecord Read(FieldReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new(
            reader.Long(), reader.Long(), reader.Long(), reader.Long(), reader.Int(), reader.Int(), reader.Int(), reader.Long(),
            reader.Int(), reader.Int(), reader.Long());
    }
}
