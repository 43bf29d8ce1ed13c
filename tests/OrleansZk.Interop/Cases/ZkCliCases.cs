using System.Globalization;

using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>ZooKeeper's own command line, <c>zkCli</c>, verb by verb: typed as an administrator would, read as one would.</summary>
public abstract class ZkCliCases
{
    private readonly string _root = ClientScripts.NewRoot("zkcli");

    /// <summary>What <c>-s</c> prints.</summary>
    private static string StatWith(int cversion, int version, int aversion, int length, int children) => string.Create(
        CultureInfo.InvariantCulture,
        $"cZxid = 0x[0-9a-f]+\nctime = .+\nmZxid = 0x[0-9a-f]+\nmtime = .+\npZxid = 0x[0-9a-f]+\ncversion = {cversion}\ndataVersion = {version}\n"
        + $"aclVersion = {aversion}\nephemeralOwner = 0x0\ndataLength = {length}\nnumChildren = {children}$");

    /// <summary>The connection string.</summary>
    protected abstract Task<string> HostsAsync();

    private async Task<string[]> ArgumentsAsync(params string[] command) =>
    [
        .. JavaTools.QuickStartOptions, "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", JavaTools.ClientClassPath,
        "org.apache.zookeeper.ZooKeeperMain", "-server", await HostsAsync(), .. command,
    ];

    /// <summary>A shell whose root node exists.</summary>
    private async Task<Conversation> ShellAsync()
    {
        JavaTools.RequireCli();
        var shell = Conversation.Start(JavaTools.Java, await ArgumentsAsync());
        await shell.ExpectAsync("state:SyncConnected type:None");
        await shell.AskAsync($"create {_root} top", $"^Created {_root}$");
        return shell;
    }

    [Fact]
    public async Task Create_in_every_mode()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"create {_root}/p data", $"^Created {_root}/p$");
        await cli.AskAsync($"create -e {_root}/e data", $"^Created {_root}/e$");
        await cli.AskAsync($"create -s {_root}/s- data", $"^Created {_root}/s-0000000002$");
        await cli.AskAsync($"create -s -e {_root}/se- data", $"^Created {_root}/se-0000000003$");
        await cli.AskAsync($"create -c {_root}/c", $"^Created {_root}/c$");
        await cli.AskAsync($"create -t 3600000 {_root}/t data", $"^Created {_root}/t$");
        await cli.AskAsync($"create -s -t 3600000 {_root}/st- data", $"^Created {_root}/st-0000000006$");
        await cli.AskAsync($"create {_root}/acl data world:anyone:r", $"^Created {_root}/acl$");
        await cli.AskAsync($"create {_root}/p again", $"^Node already exists: {_root}/p$");
        await cli.AskAsync($"create {_root}/none/p x", $"^Node does not exist: {_root}/none/p$");
        await cli.AskAsync($"create {_root}/e/p x", $"^Ephemerals cannot have children: {_root}/e/p$");
        await cli.AskAsync($"create {_root}/bad x nosuch:x:r", "InvalidACL");
        await cli.AskAsync($"ls {_root}", @"^\[acl, c, e, p, s-0000000002, se-0000000003, st-0000000006, t\]$");
    }

    [Fact]
    public async Task Get_and_set_with_stat_and_version()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"get {_root}", "^top$");
        await cli.AskAsync($"get -s {_root}", "^top\n" + StatWith(0, 0, 0, 3, 0));
        await cli.AskAsync($"set {_root} longer", ">>> set");
        await cli.AskAsync($"set -s {_root} longest", StatWith(0, 2, 0, 7, 0));
        await cli.AskAsync($"set -s -v 2 {_root} x", StatWith(0, 3, 0, 1, 0));
        await cli.AskAsync($"set -v 2 {_root} y", $"^version No is not valid : {_root}$");
        await cli.AskAsync($"set {_root}/none y", $"^Node does not exist: {_root}/none$");
        await cli.AskAsync($"get {_root}/none", $"^Node does not exist: {_root}/none$");
        await cli.AskAsync($"get {_root}", "^x$");
    }

    [Fact]
    public async Task Ls_with_stat_and_recursively()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"create {_root}/a", "^Created");
        await cli.AskAsync($"create {_root}/a/b", "^Created");
        await cli.AskAsync($"ls {_root}", @"^\[a\]$");
        await cli.AskAsync($"ls -s {_root}", @"^\[a\]\n" + StatWith(1, 0, 0, 3, 1));
        await cli.AskAsync($"ls -R {_root}", $"^{_root}\n{_root}/a\n{_root}/a/b$");
        await cli.AskAsync($"ls {_root}/none", $"^Node does not exist: {_root}/none$");
        await cli.AskAsync("ls /zookeeper", @"^\[config, quota\]$");
    }

    [Fact]
    public async Task Watches_set_by_get_ls_and_stat()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"get -w {_root}", "^top$");
        await cli.AskAsync($"set {_root} x", $"type:NodeDataChanged path:{_root}$");
        await cli.AskAsync($"ls -w {_root}", @"^\[\]$");
        await cli.AskAsync($"create {_root}/a", $"type:NodeChildrenChanged path:{_root}$");
        await cli.AskAsync($"stat -w {_root}/a", StatWith(0, 0, 0, 0, 0));
        await cli.AskAsync($"delete {_root}/a", $"type:NodeDeleted path:{_root}/a$");
        await cli.AskAsync($"stat -w {_root}/a", $"^Node does not exist: {_root}/a$");
        await cli.AskAsync($"create {_root}/a", $"type:NodeCreated path:{_root}/a$");
        await cli.AskAsync($"ls -R -w {_root}", $"^{_root}/a$");
        await cli.AskAsync($"create {_root}/a/b", $"type:NodeChildrenChanged path:{_root}/a$");
        await cli.SayAsync("printwatches off");
        await cli.AskAsync($"get -w {_root}/a", "^null$");
        await cli.AskAsync($"set -s {_root}/a x", "numChildren = 1");
        Assert.DoesNotContain($"NodeDataChanged path:{_root}/a", cli.Transcript);
    }

    [Fact]
    public async Task AddWatch_and_removewatches()
    {
        await using var cli = await ShellAsync();
        await cli.SayAsync($"addWatch {_root}");
        await cli.AskAsync($"create {_root}/a", $"type:NodeCreated path:{_root}/a$");
        await cli.AskAsync($"set {_root}/a x", $"type:NodeDataChanged path:{_root}/a$");
        await cli.AskAsync($"removewatches {_root}", $"type:PersistentWatchRemoved path:{_root}$");
        await cli.SayAsync($"addWatch -m PERSISTENT {_root}/a");
        await cli.AskAsync($"create {_root}/a/b", $"type:NodeChildrenChanged path:{_root}/a$");
        await cli.AskAsync($"removewatches {_root}/a -a", $"type:PersistentWatchRemoved path:{_root}/a$");
        await cli.AskAsync($"removewatches {_root}/a", "KeeperErrorCode = No such watcher|NoWatcher|There are no watchers");
        await cli.AskAsync($"get -w {_root}/a", "^x$");
        await cli.AskAsync($"removewatches {_root}/a -d", $"type:DataWatchRemoved path:{_root}/a$");
        await cli.AskAsync($"ls -w {_root}/a", @"^\[b\]$");
        await cli.AskAsync($"removewatches {_root}/a -c", $"type:ChildWatchRemoved path:{_root}/a$");
    }

    [Fact]
    public async Task Quotas()
    {
        await using var cli = await ShellAsync();
        await cli.SayAsync($"setquota -n 3 {_root}");
        await cli.SayAsync($"setquota -b 100 {_root}");
        await cli.SayAsync($"setquota -N 3 {_root}");
        await cli.SayAsync($"setquota -B 1000 {_root}");
        await cli.AskAsync($"listquota {_root}", $"^Output quota for {_root} count=3,bytes=100=;byteHardLimit=1000;countHardLimit=3$");
        await cli.ExpectAsync($"^Output stat for {_root} count=1,bytes=3$");
        await cli.AskAsync($"create {_root}/a xx", "^Created");
        await cli.AskAsync($"create {_root}/b", "^Created");
        await cli.AskAsync($"create {_root}/c", "[Qq]uota has exceeded|Quota exceeded");
        await cli.AskAsync($"listquota {_root}", $"^Output stat for {_root} count=3,bytes=5$");
        await cli.AskAsync($"setquota -n 3 {_root}/a", "has a parent .* which has a quota");
        await cli.SayAsync($"delquota -N {_root}");
        await cli.AskAsync($"create {_root}/c", "^Created");
        foreach (var (option, left) in new[]
        {
            ("-n", "count=-1,bytes=100=;byteHardLimit=1000;countHardLimit=-1"), ("-b", "count=-1,bytes=-1=;byteHardLimit=1000;countHardLimit=-1"),
            ("-B", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1"),
        })
        {
            await cli.SayAsync($"delquota {option} {_root}");
            await cli.AskAsync($"listquota {_root}", $"^Output quota for {_root} {left}$");
        }

        await cli.SayAsync($"delquota {_root}");
        await cli.AskAsync($"listquota {_root}", $"^quota for {_root} does not exist.$");
    }

    [Fact]
    public async Task Access_control()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"create {_root}/a", "^Created");
        await cli.AskAsync($"create {_root}/a/b", "^Created");
        await cli.AskAsync($"getAcl {_root}/a", "^'world,'anyone\n: cdrwa$");
        await cli.SayAsync("addauth digest alice:wonder");
        await cli.AskAsync("whoami", "^Auth scheme: User\ndigest: alice\nip: 127.0.0.1$|^Auth scheme: User\nip: 127.0.0.1\ndigest: alice$");
        await cli.AskAsync($"setAcl -s {_root}/a auth::cdrwa", StatWith(1, 0, 1, 0, 1));
        await cli.SayAsync($"setAcl -R {_root}/a digest:alice:8y0lhh/7xkdEiwhX7vo9i+/Nmzc=:cdrwa,world:anyone:r");
        await cli.AskAsync($"getAcl -s {_root}/a/b", @"^'digest,'alice:8y0lhh/7xkdEiwhX7vo9i\+/Nmzc=\n: cdrwa\n'world,'anyone\n: r\n" + StatWith(0, 0, 1, 0, 0));
        await cli.AskAsync($"setAcl -v 7 {_root}/a world:anyone:r", "version No is not valid");
        await cli.AskAsync($"setAcl {_root}/a nosuch:x:r", "InvalidACL|Acl is not valid");
        await using var other = Conversation.Start(JavaTools.Java, await ArgumentsAsync());
        await other.ExpectAsync("state:SyncConnected type:None");
        await other.AskAsync($"getAcl {_root}/a", "^'digest,'alice:x\n: cdrwa\n'world,'anyone\n: r$");
        await other.AskAsync($"set {_root}/a x", $"^Insufficient permission : {_root}/a$");
        await other.AskAsync($"setAcl {_root}/a world:anyone:cdrwa", $"^Insufficient permission : {_root}/a$");
    }

    [Fact]
    public async Task Counting_ephemerals_sync_version_config()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"create -e {_root}/e", "^Created");
        await cli.AskAsync($"create {_root}/p", "^Created");
        await cli.AskAsync("getEphemerals", $@"^\[{_root}/e\]$");
        await cli.AskAsync($"getEphemerals {_root}/p", @"^\[\]$");
        await cli.AskAsync($"getAllChildrenNumber {_root}", "^2$");
        await cli.AskAsync($"sync {_root}", "^Sync is OK$");
        await cli.AskAsync("version", "^ZooKeeper CLI version: ");
        await cli.AskAsync("config -s", "dataLength = ");
        await cli.AskAsync("config -w", "^");
        await cli.AskAsync($"get {_root}", "^top$");
        await cli.AskAsync("reconfig -remove 3", "Reconfig is disabled");
        await cli.AskAsync("history", " - reconfig -remove 3$");
        await cli.AskAsync("redo 1", $"^Node already exists: {_root}/e$");
    }

    [Fact]
    public async Task Delete_and_deleteall()
    {
        await using var cli = await ShellAsync();
        foreach (var name in new[] { "a", "a/b", "a/b/c", "a/d", "x" })
        {
            await cli.AskAsync($"create {_root}/{name}", "^Created");
        }

        await cli.AskAsync($"delete {_root}/a", $"^Node not empty: {_root}/a$");
        await cli.AskAsync($"delete -v 3 {_root}/x", $"^version No is not valid : {_root}/x$");
        await cli.SayAsync($"delete -v 0 {_root}/x");
        await cli.SayAsync($"deleteall {_root}/a");
        await cli.AskAsync($"ls -s {_root}", @"^\[\]\n" + StatWith(4, 0, 0, 3, 0));
        await cli.AskAsync($"delete {_root}/x", $"^Node does not exist: {_root}/x$");
        await cli.AskAsync("delete /", "Arguments are not valid|KeeperErrorCode = BadArguments");
        await cli.AskAsync("delete /zookeeper", "Arguments are not valid|KeeperErrorCode = BadArguments");
    }

    [Fact]
    public async Task Close_connect_and_quit()
    {
        await using var cli = await ShellAsync();
        await cli.AskAsync($"create -e {_root}/e", "^Created");
        await cli.SayAsync("close");
        await cli.AskAsync("ls /", "^Not connected$");
        await cli.AskAsync($"connect {await HostsAsync()}", "state:SyncConnected type:None");
        await cli.AskAsync($"get {_root}", "^top$");
        await cli.AskAsync($"ls {_root}", @"^\[\]$");
        await cli.SayAsync("quit");
        Assert.Equal(0, await cli.EndAsync());
    }

    [Fact]
    public async Task One_command_on_the_command_line()
    {
        JavaTools.RequireCli();
        var limit = TimeSpan.FromSeconds(60);
        var created = await Subprocess.RunAsync(JavaTools.Java, await ArgumentsAsync("create", _root, "data"), limit);
        Assert.True(created.ExitCode == 0 && created.Output.Contains($"Created {_root}", StringComparison.Ordinal), created.Output);
        var read = await Subprocess.RunAsync(JavaTools.Java, await ArgumentsAsync("get", _root), limit);
        Assert.True(read.ExitCode == 0 && read.Output.Contains("\ndata\n", StringComparison.Ordinal), read.Output);
        var missing = await Subprocess.RunAsync(JavaTools.Java, await ArgumentsAsync("get", _root + "/none"), limit);
        Assert.True(missing.ExitCode == 1 && missing.Output.Contains("Node does not exist", StringComparison.Ordinal), missing.Output);
    }
}

public sealed class ZkCliStandaloneCases(SharedServer shared) : ZkCliCases
{
    protected override Task<string> HostsAsync() => Task.FromResult(shared.Server.Hosts);
}

public sealed class ZkCliEnsembleCases(SharedEnsemble shared) : ZkCliCases
{
    protected override Task<string> HostsAsync() => shared.HostsAsync();
}
