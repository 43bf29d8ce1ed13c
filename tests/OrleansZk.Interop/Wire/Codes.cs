namespace OrleansZk.Interop.Wire;

/// <summary>Request types, as numbers: odd ones must be expressible too.</summary>
public static class Op
{
    public const int Notification = 0;
    public const int Create = 1;
    public const int Delete = 2;
    public const int Exists = 3;
    public const int GetData = 4;
    public const int SetData = 5;
    public const int GetAcl = 6;
    public const int SetAcl = 7;
    public const int GetChildren = 8;
    public const int Sync = 9;
    public const int Ping = 11;
    public const int GetChildren2 = 12;
    public const int Check = 13;
    public const int Multi = 14;
    public const int Create2 = 15;
    public const int Reconfig = 16;
    public const int CheckWatches = 17;
    public const int RemoveWatches = 18;
    public const int CreateContainer = 19;
    public const int DeleteContainer = 20;
    public const int CreateTtl = 21;
    public const int MultiRead = 22;
    public const int Auth = 100;
    public const int SetWatches = 101;
    public const int Sasl = 102;
    public const int GetEphemerals = 103;
    public const int GetAllChildrenNumber = 104;
    public const int SetWatches2 = 105;
    public const int AddWatch = 106;
    public const int WhoAmI = 107;
    public const int CreateSession = -10;
    public const int CloseSession = -11;
    public const int Error = -1;

    /// <summary>Every request type that a client may send, for cases that go through all of them.</summary>
    public static IReadOnlyList<int> All { get; } =
    [
        Create, Delete, Exists, GetData, SetData, GetAcl, SetAcl, GetChildren, Sync, GetChildren2, Multi, Create2, CheckWatches,
        RemoveWatches, CreateContainer, CreateTtl, MultiRead, SetWatches, GetEphemerals, GetAllChildrenNumber, SetWatches2, AddWatch, WhoAmI,
    ];

    public static string NameOf(int type) =>
        typeof(Op).GetFields().FirstOrDefault(field => field.IsLiteral && (int)field.GetRawConstantValue()! == type)?.Name
            ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"op {type}");
}

/// <summary>Request ids that mean something of their own.</summary>
public static class Xid
{
    public const int Notification = -1;
    public const int Ping = -2;
    public const int Auth = -4;
    public const int SetWatches = -8;
}

/// <summary>The error codes that cases name.</summary>
public static class Err
{
    public const int Ok = 0;
    public const int MarshallingError = -5;
    public const int Unimplemented = -6;
    public const int BadArguments = -8;
    public const int NoNode = -101;
    public const int NoAuth = -102;
    public const int AuthFailed = -115;
    public const int NoWatcher = -121;
}
