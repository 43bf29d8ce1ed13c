using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--port 2182", "--OrleansZk:ClientPort=2182")]
    [InlineData("--port=2182", "--OrleansZk:ClientPort=2182")]
    [InlineData("--port abc", "--OrleansZk:ClientPort=abc")]
    [InlineData("--admin-port -1", "--OrleansZk:AdminPort=-1")]
    [InlineData("--data some/folder", "--OrleansZk:DataDirectory=some/folder")]
    [InlineData("--zoocfg zoo.cfg", "--OrleansZk:ZooCfg=zoo.cfg")]
    [InlineData("--OrleansZk:TickTime 500", "--OrleansZk:TickTime=500")]
    [InlineData("--OrleansZk:TickTime=500", "--OrleansZk:TickTime=500")]
    [InlineData("--Logging:LogLevel:Default=Debug", "--Logging:LogLevel:Default=Debug")]
    [InlineData("--environment Staging", "--environment=Staging")]
    [InlineData("--environment=Staging --contentRoot=x --applicationName=y", "--environment=Staging --contentRoot=x --applicationName=y")]
    [InlineData("--OrleansZk:TickTime 500 --port 7", "--OrleansZk:ClientPort=7 --OrleansZk:TickTime=500")]
    [InlineData("", "")]
    public async Task Options_become_settings(string line, string expected)
    {
        string[]? settings = null;
        int code = await CommandLine.RunAsync(Split(line), got =>
        {
            settings = got;
            return Task.FromResult(42);
        });
        code.ShouldBe(42);
        settings.ShouldBe(Split(expected));
    }

    [Theory]
    [InlineData("--bogus 1")]
    [InlineData("start")]
    [InlineData("--port")]
    [InlineData("--port 1 2")]
    [InlineData("--OrleansZk:TickTime")]
    public async Task What_is_no_option_is_refused(string line)
    {
        bool hasRun = false;
        int code = await CommandLine.RunAsync(Split(line), _ =>
        {
            hasRun = true;
            return Task.FromResult(0);
        });
        code.ShouldBe(ExitCode.BadConfiguration);
        hasRun.ShouldBeFalse();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    public async Task Questions_do_not_start_a_server(string line) =>
        (await CommandLine.RunAsync(Split(line), _ => throw new InvalidOperationException("started"))).ShouldBe(ExitCode.Ok);

    private static string[] Split(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
