using System.Text;
using System.Text.Json;
using OrleansZk.Server.Admin.Facts;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The settings as a <c>zoo.cfg</c> would have them; here it is not the file's own text, since settings have other sources too.</summary>
internal sealed class InitialConfigurationCommand() : Command("initial_configuration", "icfg")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        ConfigurationFacts facts = question.Facts.Configuration;
        ServerOptions options = question.Facts.Options;
        var text = new StringBuilder()
            .AppendLine("tickTime", '=', facts.TickTime)
            .AppendLine("dataDir", '=', facts.DataDirectory)
            .AppendLine("clientPort", '=', facts.ClientPort)
            .AppendLine("maxClientCnxns", '=', facts.MaxClientConnections)
            .AppendLine("minSessionTimeout", '=', facts.MinSessionTimeout)
            .AppendLine("maxSessionTimeout", '=', facts.MaxSessionTimeout)
            .AppendLine("4lw.commands.whitelist", '=', options.FourLetterWords);
        json.WriteString("initial_configuration", text.ToString());
        return null;
    }
}
