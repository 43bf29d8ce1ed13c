using OrleansZk.Core.Tree;

namespace OrleansZk.Unit;

/// <summary>A test with an engine of its own and a first session.</summary>
public abstract class EngineTest : IDisposable
{
    protected EngineTest(EngineSettings? settings = null)
    {
        Engine = new EngineHarness(settings);
        Session = Engine.Connect();
    }

    protected static IReadOnlyList<string> NoNames { get; } = [];

    protected EngineHarness Engine { get; }

    protected TestSession Session { get; }

    /// <summary>A node's stat without asking for any permission.</summary>
    protected Stat StatOf(string path) => Node(path).Stat;

    protected ZNode Node(string path) => Engine.Replica.Tree.Find(path) ?? throw new InvalidOperationException($"there is no {path}");

    protected bool IsThere(string path) => Engine.Replica.Tree.Find(path) is not null;

    /// <summary>A session with more identities than its address.</summary>
    protected TestSession ConnectAs(params string[] usersAndPasswords)
    {
        TestSession session = Engine.Connect();
        foreach (string credentials in usersAndPasswords)
        {
            session.Ask(WireRequests.Auth("digest", credentials));
        }

        return session;
    }

    protected static Acl Digest(Permissions permissions, string userAndPassword) =>
        new(permissions, new AclId(AclScheme.Digest, EngineSettings.DigestId(userAndPassword)));

    protected static Acl World(Permissions permissions) => new(permissions, AclId.Anyone);

    public void Dispose()
    {
        // Whatever a test did, the running digest must be that of the tree, and no leader may have failed unless the test wanted it.
        TreeDigestCheck.Require(Engine.Replica.Tree);
        if (!ExpectsFailure)
        {
            Engine.Failures.ShouldBeEmpty();
        }

        Engine.Dispose();
        GC.SuppressFinalize(this);
    }

    protected virtual bool ExpectsFailure => false;
}
