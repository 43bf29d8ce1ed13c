using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>The C client, through its shell <c>cli_mt</c>.</summary>
public sealed class CClientCases(SharedServer shared)
{
    private const string Program = "/usr/lib/zookeeper/bin/cli_mt";

    private readonly string _root = ClientScripts.NewRoot("c");

    private async Task<Conversation> ShellAsync()
    {
        Assert.SkipUnless(File.Exists(Program), "cli_mt is missing: install Debian's package 'zookeeper-bin'.");
        var shell = Conversation.Start(Program, ["-h", shared.Server.Hosts]);
        await shell.ExpectAsync("SESSION_EVENT state = CONNECTED_STATE");
        return shell;
    }

    private async Task<Conversation> ShellWithRootAsync()
    {
        var shell = await ShellAsync();
        await shell.AskAsync($"create {_root}", $@"\[{_root}\]: rc = 0\n\s+name = {_root}$");
        return shell;
    }

    [Fact]
    public async Task Create_in_every_mode()
    {
        await using var cli = await ShellWithRootAsync();
        foreach (var (mode, name, expected) in new[]
        {
            ("", "p", "p"), ("+e ", "e", "e"), ("+s ", "s-", "s-0000000002"), ("+es ", "es-", "es-0000000003"), ("+c ", "c", "c"),
            ("+t=3600000 ", "t", "t"), ("+st=3600000 ", "st-", "st-0000000006"),
        })
        {
            await cli.AskAsync($"create {mode}{_root}/{name}", $@"\[{_root}/{name}\]: rc = 0\n\s+name = {_root}/{expected}$");
        }

        await cli.AskAsync($"create2 {_root}/two", $@"\[{_root}/two\]: rc = 0\n\s+name = {_root}/two$");
        await cli.AskAsync($"create2 +e {_root}/two-e", $@"name = {_root}/two-e$");
        await cli.AskAsync($"create2 +c {_root}/two-c", $@"name = {_root}/two-c$");
        await cli.AskAsync($"create2 +t=3600000 {_root}/two-t", $@"name = {_root}/two-t$");
        await cli.AskAsync($"create {_root}/p", $@"\[{_root}/p\]: rc = -110$");
        await cli.AskAsync($"create {_root}/none/p", $@"\[{_root}/none/p\]: rc = -101$");
        await cli.AskAsync($"create {_root}/e/p", $@"\[{_root}/e/p\]: rc = -108$");
    }

    [Fact]
    public async Task Read_write_and_delete()
    {
        await using var cli = await ShellWithRootAsync();
        await cli.AskAsync($"get {_root}", $"{_root}: rc = 0\n value_len = 3\nnew\nStat:");
        await cli.AskAsync($"set {_root} changed", $"{_root}: rc = 0 Stat:");
        await cli.AskAsync($"get {_root}", "value_len = 7\nchanged\n");
        await cli.AskAsync($"create {_root}/a", "rc = 0");
        await cli.AskAsync($"create {_root}/b", "rc = 0");
        await cli.AskAsync($"ls {_root}", $"{_root}: rc = 0\n(\ta\n\tb|\tb\n\ta)\n");
        await cli.AskAsync($"ls2 {_root}", $"{_root}: rc = 0\n(\ta\n\tb|\tb\n\ta)\n");
        await cli.AskAsync($"sync {_root}", $@"\[{_root}\]: rc = 0\n\s+name = {_root}$");
        await cli.AskAsync($"delete {_root}", $"{_root}: rc = -111$");
        await cli.AskAsync($"delete {_root}/a", $"{_root}/a: rc = 0$");
        await cli.AskAsync($"get {_root}/a", $"{_root}/a: rc = -101$");
        await cli.AskAsync($"set {_root}/a x", $"{_root}/a: rc = -101");
        await cli.AskAsync($"exists {_root}/a", $"Error -101 for {_root}/a$");
    }

    [Fact]
    public async Task Watches()
    {
        await using var cli = await ShellWithRootAsync();
        await cli.AskAsync($"wexists {_root}/a", $"Error -101 for {_root}/a");
        await cli.AskAsync($"create {_root}/a", $"Watcher CREATED_EVENT state = CONNECTED_STATE for path {_root}/a$");
        await cli.AskAsync($"get {_root}/a", "value_len = 3");
        await cli.AskAsync($"set {_root}/a x", $"Watcher CHANGED_EVENT state = CONNECTED_STATE for path {_root}/a$");
        await cli.AskAsync($"ls {_root}/a", $"{_root}/a: rc = 0");
        await cli.AskAsync($"create {_root}/a/b", $"Watcher CHILD_EVENT state = CONNECTED_STATE for path {_root}/a$");
        await cli.AskAsync($"get {_root}/a/b", "value_len = 3");
        await cli.AskAsync($"delete {_root}/a/b", $"Watcher DELETED_EVENT state = CONNECTED_STATE for path {_root}/a/b$");
    }

    [Fact]
    public async Task Config_and_reconfig()
    {
        await using var cli = await ShellWithRootAsync();
        await cli.AskAsync("config", "/zookeeper/config: rc = 0");
        await cli.AskAsync("reconfig -remove 3", "rc = -123");
    }

    [Fact]
    public async Task Identity()
    {
        await using var cli = await ShellWithRootAsync();
        await cli.SayAsync("addauth digest alice:wonder");
        await cli.AskAsync($"get {_root}", $"{_root}: rc = 0");
        await cli.SayAsync("addauth nosuch x");
        await cli.ExpectAsync("AUTH_FAILED_STATE");
    }

    [Fact]
    public async Task Quitting_ends_the_session()
    {
        await using var watcher = await ShellWithRootAsync();
        await using (var cli = await ShellAsync())
        {
            await cli.AskAsync($"create +e {_root}/e", "rc = 0");
            await watcher.AskAsync($"get {_root}/e", "value_len = 3");
            await cli.SayAsync("quit");
            await cli.EndAsync();
        }

        await watcher.ExpectAsync($"Watcher DELETED_EVENT state = CONNECTED_STATE for path {_root}/e$");
    }

    [Fact]
    public async Task The_session_goes_on_after_the_connection_is_cut()
    {
        await using var other = await ShellWithRootAsync();
        await using var relay = new Relay(shared.Server.Port);
        await using var cli = Conversation.Start(Program, ["-h", relay.Address]);
        await cli.ExpectAsync("Got a new session id: 0x[0-9a-f]+");
        await cli.AskAsync($"create +e {_root}/e", "rc = 0");
        await cli.AskAsync($"get {_root}/e", "value_len = 3");
        relay.Cut();
        await cli.ExpectAsync("SESSION_EVENT state = CONNECTING_STATE");
        await cli.ExpectAsync("SESSION_EVENT state = CONNECTED_STATE");

        // The shell would tell of another session's id.
        Assert.Single(cli.Transcript.Split("Got a new session id").Skip(1));
        await cli.AskAsync($"get {_root}/e", "value_len = 3");

        // The watch of the first get has been set again.
        await other.AskAsync($"set {_root}/e x", "rc = 0");
        await cli.ExpectAsync($"Watcher CHANGED_EVENT state = CONNECTED_STATE for path {_root}/e$");
        await cli.SayAsync("quit");
        await cli.EndAsync();
    }
}
