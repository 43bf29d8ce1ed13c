using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Configuration;
using OrleansZk.Storage;

namespace OrleansZk.Server.Tests.Configuration;

public sealed class StartupErrorsTests
{
    public static TheoryData<Exception, int, string> Mendable => new()
    {
        { new ConfigurationException(["one", "two"]), 2, "orleanszk-server: one\norleanszk-server: two\n" },
        { new OptionsValidationException("", typeof(ServerOptions), ["one", "two"]), 2, "orleanszk-server: one\norleanszk-server: two\n" },
        {
            new InvalidDataException("Failed to load configuration from file 'x.json'.", new FormatException("bad", new InvalidOperationException("at line 3"))),
            2,
            "orleanszk-server: Failed to load configuration from file 'x.json': at line 3\n"
        },
        { new LogCorruptException("segment 1 is corrupt at 77"), 3, "orleanszk-server: segment 1 is corrupt at 77\n" },
        { new CheckpointException("checkpoint.db is\nno database"), 3, "orleanszk-server: checkpoint.db is no database\n" },
        {
            new DataFolderInUseException("data", 7, null),
            3,
            "orleanszk-server: the data folder 'data' is in use by another server (process 7); stop that one, or give this one a folder of its own\n"
        },
        { new IOException("No space left on device"), 3, "orleanszk-server: the data folder cannot be used: No space left on device\n" },
        { new UnauthorizedAccessException("Access denied"), 3, "orleanszk-server: the data folder cannot be used: Access denied\n" },
        {
            new IOException("Failed to bind", new AddressInUseException("Address already in use")),
            4,
            "orleanszk-server: cannot listen on 1.2.3.4:5 for clients: Address already in use\n"
        },
        { new SocketException((int)SocketError.AccessDenied), 4, "orleanszk-server: cannot listen on 1.2.3.4:5 for clients: " },
        { new AggregateException(new LogCorruptException("inside")), 3, "orleanszk-server: inside\n" },
    };

    [Theory]
    [MemberData(nameof(Mendable), DisableDiscoveryEnumeration = true)]
    public void What_a_user_can_mend_is_said_in_a_line(Exception exception, int code, string message)
    {
        var output = new StringWriter { NewLine = "\n" };
        StartupErrors.Report(output, exception, "1.2.3.4:5 for clients").ShouldBe(code);
        output.ToString().ShouldStartWith(message);
        output.ToString().ShouldNotContain("   at ");
    }

    [Fact]
    public void What_nobody_expected_is_said_in_full()
    {
        var output = new StringWriter { NewLine = "\n" };
        StartupErrors.Report(output, new InvalidOperationException("surprise")).ShouldBe(1);
        output.ToString().ShouldStartWith("orleanszk-server: unexpected failure: System.InvalidOperationException: surprise");
    }
}
