namespace OrleansZk;

/// <summary>How a znode is created and when it goes away (ZooKeeper: <c>CreateMode</c>); the values are the wire's flags.</summary>
public enum CreateMode
{
    /// <summary>Stays until it is deleted.</summary>
    Persistent = 0,

    /// <summary>Deleted with the session that created it; has no children.</summary>
    Ephemeral = 1,

    /// <summary>As <see cref="Persistent"/>, with a ten-digit number appended to the name.</summary>
    PersistentSequential = 2,

    /// <summary>As <see cref="Ephemeral"/>, with a ten-digit number appended to the name.</summary>
    EphemeralSequential = 3,

    /// <summary>Deleted by the server some time after its last child went.</summary>
    Container = 4,

    /// <summary>Deleted by the server when childless and not modified for its time to live.</summary>
    PersistentWithTtl = 5,

    /// <summary>As <see cref="PersistentWithTtl"/>, with a ten-digit number appended to the name.</summary>
    PersistentSequentialWithTtl = 6,
}

public static class CreateModes
{
    public static bool IsDefined(int flags) => flags is >= 0 and <= 6;

    public static bool IsEphemeral(this CreateMode mode) => mode is CreateMode.Ephemeral or CreateMode.EphemeralSequential;

    public static bool IsSequential(this CreateMode mode) =>
        mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential or CreateMode.PersistentSequentialWithTtl;

    public static bool IsTtl(this CreateMode mode) => mode is CreateMode.PersistentWithTtl or CreateMode.PersistentSequentialWithTtl;
}
