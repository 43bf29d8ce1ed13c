using Microsoft.Extensions.Configuration;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>The connection string of an ensemble can come from a file, and a password that everybody can see is warned of.</summary>
public sealed class EnsembleConnectionTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void It_can_be_in_a_file()
    {
        File.WriteAllText(_file, $"Host=a;Password={Secret}\n");
        ConfigurationManager configuration = CommandLine($"--OrleansZk:EnsembleFile={_file}");
        ServerConfiguration.Complete(configuration).ShouldBeEmpty();
        configuration["OrleansZk:Ensemble"].ShouldBe($"Host=a;Password={Secret}");
        new ServerOptions { Ensemble = "x" }.Ensemble.ShouldNotBeEmpty();
        SettingTable.Get(nameof(ServerOptions.Ensemble)).IsSecret.ShouldBeTrue();
    }

    [Theory]
    [InlineData("", "which is empty")]
    [InlineData(null, "which cannot be read")]
    public void A_file_that_does_not_have_it_is_refused(string? content, string said)
    {
        string path = content is null ? _file + ".none" : _file;
        ConfigurationManager configuration = CommandLine($"--OrleansZk:EnsembleFile={path}");
        string problem = Should.Throw<ConfigurationException>(() => ServerConfiguration.Complete(configuration)).Problems.ShouldHaveSingleItem();
        problem.ShouldStartWith($"OrleansZk:EnsembleFile is '{path}', {said}");
    }

    [Fact]
    public void Two_are_refused()
    {
        File.WriteAllText(_file, $"Host=a;Password={Secret}");
        ConfigurationManager configuration = CommandLine($"--OrleansZk:EnsembleFile={_file}", $"--OrleansZk:Ensemble=Host=b;Password={Secret}");
        Should.Throw<ConfigurationException>(() => ServerConfiguration.Complete(configuration)).Problems.ShouldHaveSingleItem().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("Host=a;Password=hunter2", true)]
    [InlineData("Host=a;pwd=hunter2", true)]
    [InlineData("Host=a;Passfile=/x", false)]
    [InlineData("Host=a", false)]
    [InlineData("no connection string", false)]
    public void A_password_on_the_command_line_is_warned_of(string connection, bool isWarned)
    {
        IReadOnlyList<string> warnings = ServerConfiguration.Complete(CommandLine($"--OrleansZk:Ensemble={connection}"));
        warnings.Count.ShouldBe(isWarned ? 1 : 0);
        warnings.ShouldAllBe(warning => warning.Contains("--ensemble-file") && !warning.Contains(Secret));
    }

    [Fact]
    public void One_in_the_environment_is_not()
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("OrleansZk:Ensemble", $"Host=a;Password={Secret}")]);
        ServerConfiguration.Complete(configuration).ShouldBeEmpty();
    }

    private static ConfigurationManager CommandLine(params string[] arguments)
    {
        var configuration = new ConfigurationManager();
        configuration.AddCommandLine(arguments);
        return configuration;
    }
}
