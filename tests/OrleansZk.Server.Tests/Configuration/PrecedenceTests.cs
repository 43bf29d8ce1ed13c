using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>The command line wins over the environment, that over zoo.cfg, that over appsettings.json.</summary>
public sealed class PrecedenceTests
{
    [Theory]
    [InlineData("json", "json", null, null, null)]
    [InlineData("zoocfg", "json", "zoocfg", null, null)]
    [InlineData("environment", "json", "zoocfg", "environment", null)]
    [InlineData("command line", "json", "zoocfg", "environment", "command line")]
    [InlineData("command line", "json", "zoocfg", null, "command line")]
    [InlineData("environment", "json", null, "environment", null)]
    public void Of_two_sources_the_nearer_one_wins(string winner, string json, string? zooCfg, string? environment, string? commandLine)
    {
        using var sources = new Sources(
            json: new() { ["DataDirectory"] = json },
            zooCfg: zooCfg is null ? null : [$"dataDir={zooCfg}"],
            environment: environment is null ? [] : new() { ["DataDirectory"] = environment },
            commandLine: commandLine is null ? [] : new() { ["DataDirectory"] = commandLine });
        ServerConfiguration.Complete(sources.Configuration).ShouldBeEmpty();
        sources.Bind().DataDirectory.ShouldBe(winner);
    }

    [Fact]
    public void A_zoo_cfg_can_be_named_in_the_environment_as_well()
    {
        using var file = new ZooCfgFile("tickTime=777");
        using var sources = new Sources(environment: new() { ["ZooCfg"] = file.Path });
        ServerConfiguration.Complete(sources.Configuration);
        sources.Bind().TickTime.ShouldBe(777);
    }

    [Fact]
    public void Warnings_about_the_zoo_cfg_are_passed_on()
    {
        using var sources = new Sources(zooCfg: ["initLimit=5"]);
        ServerConfiguration.Complete(sources.Configuration).ShouldHaveSingleItem().ShouldContain("initLimit is ignored");
    }

    [Fact]
    public void A_mistyped_setting_is_named_with_its_source_and_a_near_one_suggested()
    {
        using var sources = new Sources(environment: new() { ["ClientProt"] = "2181" });
        ServerConfiguration.Complete(sources.Configuration)
            .ShouldBe(["OrleansZk:ClientProt (environment) is ignored, because there is no such setting; did you mean ClientPort?"]);
    }

    [Fact]
    public void A_section_where_a_setting_should_be_is_named()
    {
        using var sources = new Sources(json: new() { ["Storage:DataFolder"] = "x" });
        ServerConfiguration.Complete(sources.Configuration)
            .ShouldBe(["OrleansZk:Storage (appsettings.json) is ignored, because there is no such setting"]);
    }

    [Fact]
    public void Settings_are_known_in_any_case()
    {
        using var sources = new Sources(environment: new() { ["CLIENTPORT"] = "7" });
        ServerConfiguration.Complete(sources.Configuration).ShouldBeEmpty();
        sources.Bind().ClientPort.ShouldBe(7);
    }

    [Theory]
    [InlineData("ClientPort", "abc", "OrleansZk:ClientPort (environment) is 'abc', but must be an integer from 0 to 65535")]
    [InlineData("ClientPort", "", "OrleansZk:ClientPort (environment) is empty, but must be an integer from 0 to 65535")]
    [InlineData("ForceSync", "yes", "OrleansZk:ForceSync (environment) is 'yes', but must be true or false")]
    [InlineData("ClientAddress", "localhost", "OrleansZk:ClientAddress (environment) is 'localhost', but must be an IP address, or empty for all")]
    [InlineData("ClientAddress", "127.1", "OrleansZk:ClientAddress (environment) is '127.1', but must be an IP address, or empty for all")]
    [InlineData("PeerAddress", "[::1]", "OrleansZk:PeerAddress (environment) is '[::1]', but must be an IP address, or empty for all")]
    [InlineData("AdminAddress", "0177.0.0.1", "OrleansZk:AdminAddress (environment) is '0177.0.0.1', but must be an IP address, or empty for all")]
    [InlineData("AdvertisedHost", "0177.0.0.1", "OrleansZk:AdvertisedHost (environment) is '0177.0.0.1', but must be an IP address, the name of a host, or empty")]
    [InlineData("MaxAclEntries", "0", "OrleansZk:MaxAclEntries (environment) is '0', but must be an integer from 1 to 1000000")]
    [InlineData("SuperDigest", "hunter2", "OrleansZk:SuperDigest (environment) must be user:base64hash, or empty for no such user")]
    public void A_value_that_cannot_be_used_is_refused_by_key_value_source_and_what_is_allowed(string name, string value, string message)
    {
        using var sources = new Sources(environment: new() { [name] = value });
        Should.Throw<ConfigurationException>(() => ServerConfiguration.Complete(sources.Configuration)).Problems.ShouldBe([message]);
    }

    [Fact]
    public void All_values_that_cannot_be_used_are_named_at_once()
    {
        using var sources = new Sources(json: new() { ["ClientPort"] = "x" }, commandLine: new() { ["TickTime"] = "y" });
        Should.Throw<ConfigurationException>(() => ServerConfiguration.Complete(sources.Configuration)).Problems.ShouldBe(
        [
            "OrleansZk:ClientPort (appsettings.json) is 'x', but must be an integer from 0 to 65535",
            "OrleansZk:TickTime (command line) is 'y', but must be an integer from 1 to 3600000",
        ]);
    }

    /// <summary>The sources of a host, in its order, with the environment of this test only.</summary>
    private sealed class Sources : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("orleanszk-sources-").FullName;

        public Sources(
            Dictionary<string, string>? json = null,
            string[]? zooCfg = null,
            Dictionary<string, string>? environment = null,
            Dictionary<string, string>? commandLine = null)
        {
            commandLine ??= [];
            if (zooCfg is not null)
            {
                string path = Path.Combine(_folder, "zoo.cfg");
                File.WriteAllLines(path, zooCfg);
                commandLine["ZooCfg"] = path;
            }

            IEnumerable<string> entries = (json ?? []).Select(pair => $"\"OrleansZk:{pair.Key}\": \"{pair.Value}\"");
            File.WriteAllText(Path.Combine(_folder, "appsettings.json"), "{" + string.Join(',', entries) + "}", Encoding.UTF8);
            Configuration.SetBasePath(_folder);
            Configuration.AddJsonFile("appsettings.json");
            ((IConfigurationBuilder)Configuration).Add(new Environment(environment ?? []));
            Configuration.AddCommandLine([.. commandLine.Select(pair => $"--OrleansZk:{pair.Key}={pair.Value}")]);
        }

        public ConfigurationManager Configuration { get; } = new();

        public ServerOptions Bind() => Configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();

        public void Dispose()
        {
            Configuration.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        /// <summary>Environment variables that only this test sees.</summary>
        private sealed class Environment(Dictionary<string, string> variables) : IConfigurationSource
        {
            public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(variables);
        }

        private sealed class Provider(Dictionary<string, string> variables) : EnvironmentVariablesConfigurationProvider
        {
            public override void Load() =>
                Data = variables.ToDictionary(pair => $"OrleansZk:{pair.Key}", pair => (string?)pair.Value, StringComparer.OrdinalIgnoreCase);
        }
    }
}
